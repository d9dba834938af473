"""Looks at a page once and keeps what it saw, so that many tests can ask about the same sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.doors.browser.desk import Desk
from tests.doors.browser.spots import Spot
from tests.doors.browser.watch import Watch

WIDTHS = (1600, 390)
AXE = Axe().axe_script
DARK_RULES = ("color-contrast", "link-in-text-block")

SEND = """([fields, forged]) => {
  const form = document.createElement("form");
  form.method = "post";
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  const all = forged || !token ? fields : {...fields, csrfmiddlewaretoken: token.value};
  for (const [name, value] of Object.entries(all)) {
    const input = document.createElement("input");
    [input.type, input.name, input.value] = ["hidden", name, value];
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}"""

LAYOUT = """() => {
  const say = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") +
    [...e.classList].slice(0, 2).map((c) => "." + c).join("") +
    " “" + (e.querySelector(".panel-title") ?? e).textContent.trim().slice(0, 24) + "”";
  const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const isKept = (e) => { for (let p = e.parentElement; p; p = p.parentElement) if (scrolls(p)) return true; return false; };
  const width = document.documentElement.clientWidth;
  const faults = [];
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width && box.right > width + 0.5 && !isKept(e);
    });
    faults.push(`the page is ${document.documentElement.scrollWidth} wide: ` + wide.slice(0, 3).map(say).join(", "));
  }
  for (const panel of document.querySelectorAll(".panel")) {
    for (const box of [panel, ...panel.querySelectorAll(":scope > *")]) {
      if (!scrolls(box) && box.scrollWidth > box.clientWidth + 1) {
        faults.push(`${say(panel)} holds ${box.scrollWidth} in ${box.clientWidth}`);
        break;
      }
    }
  }
  return faults;
}"""

TEXTS = """() => {
  const found = [];
  const foreign = (e) => e.closest("[lang]") !== document.documentElement;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent.trim().replace(/\\s+/g, " ");
    if (text && !foreign(element) && !element.closest("script, style, .code, code")) found.push(text);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      if (!foreign(element)) found.push(element.getAttribute(name).trim());
    }
  }
  return [...new Set(found.filter(Boolean))];
}"""

RUN_AXE = """async (rules) => {
  const only = rules.length ? {runOnly: {type: "rule", values: rules}} : {};
  const answer = await axe.run(document, {resultTypes: ["violations"], ...only});
  return answer.violations.flatMap((v) => v.nodes.slice(0, 3).map((n) =>
    `${v.id} (${v.impact}): ${n.target.join(" ")}: ` + (n.failureSummary ?? "").split("\\n").slice(1, 2).join(" ").trim()));
}"""

WEAR_DARK = """() => {
  document.documentElement.dataset.theme = "dark";
  document.getElementById("dark-tokens").media = "screen";
}"""


@dataclass(frozen=True)
class Sight:
    """What a page showed: status, title, texts, and every fault by kind."""

    status: int
    title: str
    language: str
    texts: tuple[str, ...]
    empty_states: int
    layout: dict[int, list[str]]
    axe: dict[str, list[str]]
    outside: list[str]
    complaints: list[str]


def look(page: Page, spot: Spot, desk: Desk, watch: Watch) -> Sight:
    """Go there, measure it at both widths, and let axe look at it in both themes."""
    first_outside, first_complaint = len(watch.outside), len(watch.complaints)
    width, height = WIDTHS[0], 1000
    page.set_viewport_size({"width": width, "height": height})
    status = go(page, spot, desk)
    seen: dict[str, Any] = {
        "title": page.title(),
        "language": page.get_attribute("html", "lang") or "",
        "texts": tuple(page.evaluate(TEXTS)),
        "empty_states": page.locator(".empty").count(),
    }
    page.evaluate(AXE)
    axe = {"light": page.evaluate(RUN_AXE, []), "dark": _in_the_dark(page)}
    layout = {WIDTHS[0]: page.evaluate(LAYOUT)}
    page.set_viewport_size({"width": WIDTHS[1], "height": 844})
    layout[WIDTHS[1]] = page.evaluate(LAYOUT)
    return Sight(
        status=status, layout=layout, axe=axe, outside=watch.outside[first_outside:],
        complaints=watch.complaints[first_complaint:], **seen,
    )  # fmt: skip


def go(page: Page, spot: Spot, desk: Desk) -> int:
    """Open the spot, send its form if it has one, and tell the status of what is shown."""
    answer = page.goto(spot.address(desk), wait_until="load")
    if spot.sends or spot.is_forged:
        with page.expect_navigation(wait_until="load") as sent:
            page.evaluate(SEND, [spot.sends, spot.is_forged])
        answer = sent.value
    assert answer is not None
    return answer.status


def _in_the_dark(page: Page) -> list[str]:
    """The rules that look at colours, with the dark theme on; what else axe finds does not depend on it."""
    page.evaluate(WEAR_DARK)
    return page.evaluate(RUN_AXE, list(DARK_RULES))
