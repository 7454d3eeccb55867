// Ctrl-K, or a click on “Search or jump to…”: <dialog data-palette="/jump/">. The server gives the list.
// Arrows walk it, Enter opens the first or the one in focus, Esc closes.
const dialog = document.querySelector("[data-palette]");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[data-palette-list]");
let asking = null;
let timer = 0;
let shown = null; // what the list answers

const entries = () => [...list.querySelectorAll("a, button")];

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const text = input.value;
  const address = `${dialog.dataset.palette}?part=found&q=${encodeURIComponent(text)}`;
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (answer.redirected || !answer.ok) throw new Error("refused");
    list.innerHTML = await answer.text();
    shown = text;
  } catch (error) {
    if (error.name !== "AbortError") list.textContent = "The server does not answer. Try again, or load the page anew.";
  }
}

// With words to begin with, if whoever opens it has some.
function open(words = "") {
  if (dialog.open) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  input.value = words;
  list.textContent = "";
  shown = null;
  dialog.showModal();
  ask();
}

// Never what was found for fewer letters.
async function openFirst() {
  clearTimeout(timer);
  if (shown !== input.value) await ask();
  if (dialog.open && shown === input.value) entries()[0]?.click();
}

function walk(by) {
  const all = entries();
  const here = all.indexOf(document.activeElement);
  (all[here + by] ?? (here + by < 0 ? input : all.at(-1)))?.focus();
}

if (dialog) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-palette-key]");
    if (key) {
      event.preventDefault();
      open(key.dataset.paletteKey);
    } else if (event.target === dialog) dialog.close();
  });
  document.addEventListener("shipmate:palette", () => open());
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only be emptied
      dialog.close();
    }
    if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      openFirst();
    }
  });
}
