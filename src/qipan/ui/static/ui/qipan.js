/* The only script: it adds comfort, every page works without it.
   Markup it looks for: #search, [data-theme-switch], details.menu, .expander,
   main[data-refresh], form, form[data-draft], [data-clock], [data-until], .stepper. */

const root = document.documentElement;
root.classList.add("js");

/* Theme: light → dark → as the system has it, remembered in a cookie that the server reads. */
const THEMES = ["light", "dark", "system"];
const DARK_MEDIA = { light: "not all", dark: "screen", system: "screen and (prefers-color-scheme: dark)" };

function wearTheme(theme) {
  root.dataset.theme = theme;
  document.getElementById("dark-tokens").media = DARK_MEDIA[theme];
  document.cookie = `qipan_theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const words = button.dataset.words.split("|");
  const say = () => {
    button.title = words[THEMES.indexOf(root.dataset.theme)] ?? "";
    button.setAttribute("aria-label", `${button.dataset.label}: ${button.title}`);
  };
  button.dataset.label = button.getAttribute("aria-label");
  say();
  button.addEventListener("click", () => {
    wearTheme(THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length]);
    say();
  });
}

/* "/" and Ctrl-K go to the search box; Escape closes menus. */
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const search = document.getElementById("search");
  if (search && ((event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)))) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open], .rail-more details[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], .rail-more details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/* A row's explanation opens in place when it is on the page already; else the link loads it. */
document.addEventListener("click", (event) => {
  const expander = event.target.closest(".expander[aria-controls]");
  if (!expander || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const row = document.getElementById(expander.getAttribute("aria-controls"));
  if (!row) return;
  event.preventDefault();
  row.hidden = !row.hidden;
  expander.setAttribute("aria-expanded", String(!row.hidden));
  expander.closest("tr")?.classList.toggle("is-opened", !row.hidden);
  history.replaceState(null, "", row.hidden ? location.pathname + location.search : expander.href);
});

/* What scrolls sideways can be reached and scrolled by keyboard. */
function openScrollers() {
  for (const box of document.querySelectorAll(".table-wrap")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
openScrollers();
window.addEventListener("resize", openScrollers);

/* Forms: no second click while one is on its way. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method.toLowerCase() !== "post" || event.defaultPrevented) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "1";
  // after the browser has taken the pressed button's own value along
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    }
  });
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sending]")) {
    delete form.dataset.sending;
    for (const button of form.querySelectorAll("button[aria-busy]")) {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  }
});

/* − and + beside a counted quantity. */
document.addEventListener("click", (event) => {
  const button = event.target.closest(".stepper button[data-step]");
  if (!button) return;
  const input = button.parentElement.querySelector("input");
  const next = (Number(input.value.replaceAll(",", "")) || 0) + Number(button.dataset.step);
  input.value = String(Math.max(Number(input.min || 0), next));
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

/* Clocks run from the server's now, never from this machine's. */
const loadedAt = performance.now();
const dayTime = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const serverNow = (element) => Date.parse(element.dataset.now) + performance.now() - Number(element.dataset.seen ?? loadedAt);

function tick() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    const text = dayTime.format(serverNow(clock));
    clock.textContent = clock.dataset.clock === "seconds" ? text : text.slice(0, 5);
  }
  for (const left of document.querySelectorAll("[data-until]")) {
    const minutes = Math.max(0, Math.floor((Date.parse(left.dataset.until) - serverNow(left)) / 60000));
    left.textContent = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  }
}
if (document.querySelector("[data-clock], [data-until]")) {
  tick();
  setInterval(tick, 1000);
}

/* The wall: fetch the page again, put the new main in place of the old one. When the server
   does not answer, the age of what is shown stands large and the figures turn grey. */
const wall = document.querySelector("main[data-refresh]");
if (wall && Number(wall.dataset.refresh) > 0) {
  const seconds = Math.max(5, Number(wall.dataset.refresh));
  let fetchedAt = performance.now();

  /* Only what changed is put in place: charts and boards that stayed the same keep moving. */
  const pieces = (main) => [...main.querySelectorAll(":scope > :not(.wall-body), .wall-body .panel")];
  let known = pieces(wall).map((piece) => piece.outerHTML);

  const replace = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("main[data-refresh]");
    if (!fresh) throw new Error("not the wall");
    fetchedAt = performance.now();
    const main = document.querySelector("main[data-refresh]");
    const [shown, coming] = [pieces(main), pieces(fresh)];
    const before = new Map([...main.querySelectorAll("[data-key]")].map((node) => [node.dataset.key, node.textContent]));
    const written = coming.map((piece) => piece.outerHTML);
    if (shown.length === coming.length) {
      coming.forEach((piece, index) => written[index] !== known[index] && shown[index].replaceWith(piece));
    } else {
      main.replaceChildren(...fresh.childNodes);
    }
    known = written;
    for (const node of main.querySelectorAll(".wall-head [data-now]")) node.dataset.seen = String(fetchedAt);
    for (const node of main.querySelectorAll("[data-key]")) {
      const last = before.get(node.dataset.key);
      if (last !== undefined && last !== node.textContent) node.classList.add("was-changed");
    }
    tick();
  };
  const showAge = () => {
    const minutes = (performance.now() - fetchedAt) / 60000;
    root.dataset.age = minutes > 30 ? "stale" : minutes > 10 ? "late" : "";
    const age = document.querySelector("[data-age-minutes]");
    if (age) age.textContent = String(Math.floor(minutes));
  };
  const again = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "X-Qipan-Refresh": "1" }, cache: "no-store" });
      if (answer.ok) replace(await answer.text());
    } catch {
      /* the next round tries again; the age tells */
    }
    showAge();
    setTimeout(again, seconds * 1000);
  };
  setTimeout(again, seconds * 1000);
}

/* A form with a draft keeps what was typed in this tab, over reloads, until it was sent and answered "done". */
for (const form of document.querySelectorAll("form[data-draft]")) {
  const name = `draft:${form.dataset.draft}`;
  if (new URLSearchParams(location.search).has("done")) {
    sessionStorage.removeItem(name);
  }
  for (const [key, value] of JSON.parse(sessionStorage.getItem(name) ?? "[]")) {
    const field = form.elements.namedItem(key);
    if (field instanceof HTMLElement && "value" in field) {
      field.value = value;
    }
  }
  form.addEventListener("input", () => {
    const typed = [...new FormData(form)].filter(([key]) => key !== "idem" && key !== "csrfmiddlewaretoken");
    sessionStorage.setItem(name, JSON.stringify(typed));
  });
}
