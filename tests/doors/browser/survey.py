"""Looks at a page once and keeps what it saw, so that many tests can ask about the same sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.doors.browser.desk import Desk
from tests.doors.browser.spots import Spot
from tests.doors.browser.watch import Watch

WIDE, NARROW = 1600, 390
AXE = Axe().axe_script
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""The rules that look at colours; what else axe finds does not depend on the theme."""

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
  const isKept = (e) => e.parentElement !== null && (scrolls(e.parentElement) || isKept(e.parentElement));
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

ROWS_ENOUGH = 10
TRIM = """(most) => {
  for (const rows of document.querySelectorAll("tbody, ul.rows, ol.rows")) {
    [...rows.children].slice(most).forEach((row) => row.remove());
  }
}"""

RUN_AXE = """async (rules) => {
  const only = rules.length ? {runOnly: {type: "rule", values: rules}} : {};
  const answer = await axe.run(document, {resultTypes: ["violations"], ...only});
  const why = (node) => (node.failureSummary ?? "").split("\\n").slice(1, 2).join("").trim();
  return answer.violations.flatMap((fault) => fault.nodes.slice(0, 3).map((node) =>
    `${fault.id} (${fault.impact}): ${node.target.join(" ")}: ${why(node)}`));
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
    """Go there, measure it at both widths, and let axe look at it in both themes.

    axe looks at the first rows of each table only: the others are alike, and a thousand cells take it a minute.
    """
    first_outside, first_complaint = len(watch.outside), len(watch.complaints)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": NARROW, "height": 844})
    status = go(page, spot, desk)
    layout = {NARROW: page.evaluate(LAYOUT)}
    page.set_viewport_size({"width": WIDE, "height": 1000})
    layout[WIDE] = page.evaluate(LAYOUT)
    seen: dict[str, Any] = {
        "title": page.title(),
        "language": page.get_attribute("html", "lang") or "",
        "texts": tuple(page.evaluate(TEXTS)),
        "empty_states": page.locator(".empty").count(),
    }
    page.evaluate(TRIM, ROWS_ENOUGH)
    page.evaluate(AXE)
    axe = {"light": page.evaluate(RUN_AXE, [])}
    page.emulate_media(color_scheme="dark")
    axe["dark"] = page.evaluate(RUN_AXE, list(COLOUR_RULES))
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
