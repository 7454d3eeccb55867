// <input data-filter="board"> hides the rows ([data-row]) of #board whose text lacks a word.
// The words stand in the address as ?q=, so that the page can be shared and loaded again.
function apply(input) {
  const place = document.getElementById(input.dataset.filter);
  if (!place) return;
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...place.querySelectorAll("[data-row]")];
  let shown = 0;
  for (const row of rows) {
    const text = (row.dataset.row || row.textContent).toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) shown++;
  }
  for (const group of place.querySelectorAll("[data-row-group]")) {
    group.hidden = !group.querySelector("[data-row]:not([hidden])");
  }
  for (const head of place.querySelectorAll("[data-row-head]")) head.hidden = words.length > 0;
  const waits = words.length > 0 && place.parentElement.querySelector("[data-rest]"); // for other rows
  if (waits) document.dispatchEvent(new CustomEvent("shipmate:rest"));
  const count = document.querySelector("[data-filter-count]");
  if (count) count.textContent = words.length && !waits ? `${shown} of ${rows.length}` : "";
  const none = document.querySelector("[data-filter-none]");
  if (none) none.hidden = shown > 0 || rows.length === 0 || waits;
}

function remember(input) {
  const address = new URL(location.href);
  if (input.value.trim()) address.searchParams.set("q", input.value.trim());
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
}

const inputs = () => document.querySelectorAll("[data-filter]");

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-filter]")) return;
  apply(event.target);
  remember(event.target);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-filter]")) return;
  if (event.key === "Enter") {
    event.preventDefault();
    const place = document.getElementById(event.target.dataset.filter);
    place?.querySelector("[data-row]:not([hidden]) a")?.focus();
  }
  if (event.key === "Escape" && event.target.value) {
    event.preventDefault();
    event.target.value = "";
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

document.addEventListener("shipmate:refreshed", () => inputs().forEach(apply));
inputs().forEach(apply);
