// Keys: / filter or palette, g h board, g d history, g q queue, g f flow, j k rows, ? help, Esc out.
// No single key ever deploys.
const places = { h: "board", d: "history", q: "queue", f: "flow" };
let afterG = 0;

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
const help = () => document.querySelector("dialog[data-help]");

function rows() {
  return [...document.querySelectorAll("[data-row]")]
    .filter((row) => row.offsetParent)
    .map((row) => row.querySelector("a"))
    .filter(Boolean);
}

function step(by) {
  const links = rows();
  const here = links.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
  links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by]?.focus();
}

function out(target) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (typing(target)) target.blur();
}

const keys = {
  "/": () => {
    const filter = document.querySelector("[data-filter]");
    if (filter) filter.focus();
    else document.dispatchEvent(new CustomEvent("shipmate:palette"));
  },
  "?": () => help()?.showModal(),
  g: () => (afterG = Date.now()),
  j: () => step(1),
  k: () => step(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape") return out(event.target);
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (Date.now() - afterG < 1500 && places[event.key]) {
    afterG = 0;
    document.querySelector(`[data-place="${places[event.key]}"]`)?.click();
    return;
  }
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help-key]")) {
    event.preventDefault();
    help()?.showModal();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
