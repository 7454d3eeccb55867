// A composer that completes what is written: commands, apps, environments, refs, people.
//   <form class="composer" data-suggest="/flow/-/suggest/?thread=12"> … <div class="composer-field"><textarea>
// The server gives the options for the text before the cursor. Tab takes the first one; arrow keys
// choose, then Enter takes it too; Esc closes. Nothing but what stands in the field is ever sent.
const wait = 60; // ms of quiet before the server is asked
const joining = "/,:@=!"; // written right behind a name that was taken: the space goes

function begin(form) {
  const field = form.querySelector("textarea");
  const box = field.parentElement;
  const list = Object.assign(document.createElement("ul"), { className: "suggest", id: `${field.id}-list`, hidden: true });
  const own = { form, field, box, list, at: -1, timer: 0, asked: null, telling: 0, told: 0, space: -1 };
  set(list, { role: "listbox", "aria-label": "Suggestions" });
  set(box, { role: "combobox", "aria-label": "Composer with suggestions", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": list.id });
  set(field, { "aria-autocomplete": "list", "aria-controls": list.id });
  form.prepend(list);
  field.addEventListener("input", () => soon(own));
  field.addEventListener("beforeinput", (event) => join(own, event));
  field.addEventListener("keydown", (event) => key(own, event));
  field.addEventListener("blur", () => close(own));
  form.addEventListener("submit", () => close(own));
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => take(own, options(own).indexOf(event.target.closest("[role=option]"))));
}

const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
const options = (own) => [...own.list.querySelectorAll("[role=option]")];
const possible = (option) => option?.getAttribute("aria-disabled") !== "true";
const isOpen = (own) => !own.list.hidden;

// ---- Asking ----

// Return the text before the cursor, if the cursor stands at the end of a word.
function before({ field }) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  return start === end && !/\S/.test(value[start] ?? " ") ? value.slice(0, start) : null;
}

function soon(own) {
  clearTimeout(own.timer);
  own.timer = setTimeout(() => ask(own), wait);
}

async function ask(own) {
  own.asked?.abort();
  const text = before(own);
  if (text === null || (!text.trim() && !own.wanted)) return close(own);
  own.wanted = false;
  const mine = (own.asked = new AbortController());
  const address = new URL(own.form.dataset.suggest, location.href);
  address.searchParams.set("text", text);
  try {
    const answer = await fetch(address, { headers: { "X-Live": "1" }, signal: mine.signal });
    const html = answer.status === 200 && !answer.redirected ? await answer.text() : "";
    if (before(own) === text && document.activeElement === own.field) show(own, html);
  } catch {
    if (own.asked === mine) close(own); // what was typed stands, and can be sent
  }
}

function show(own, html) {
  own.list.innerHTML = html;
  own.at = -1;
  const count = options(own).length;
  if (!count) return close(own);
  own.list.hidden = false;
  own.list.scrollTop = 0;
  own.box.setAttribute("aria-expanded", "true");
  own.field.removeAttribute("aria-activedescendant");
  options(own).find(possible)?.setAttribute("data-first", "");
  tell(own, count);
}

// How many there are is read out once the writer pauses, and again only where it changed.
function tell(own, count) {
  clearTimeout(own.telling);
  if (count === own.told) return;
  own.telling = setTimeout(() => {
    own.told = count;
    say(`${count} ${count === 1 ? "suggestion" : "suggestions"}, arrow keys choose`);
  }, 500);
}

function close(own) {
  clearTimeout(own.timer);
  clearTimeout(own.telling);
  own.told = 0;
  own.asked?.abort();
  own.asked = null;
  own.list.hidden = true;
  own.at = -1;
  own.box.setAttribute("aria-expanded", "false");
  own.field.removeAttribute("aria-activedescendant");
}

const say = (detail) => document.dispatchEvent(new CustomEvent("shipmate:say", { detail }));

// ---- Choosing ----

function key(own, event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = isOpen(own) ? keys[event.key] : event.key === "ArrowDown" && own.field.value === "" && open;
  if (act && act(own, event) !== false) {
    event.preventDefault();
    event.stopPropagation();
  }
}

const keys = {
  ArrowDown: (own) => move(own, 1),
  ArrowUp: (own) => move(own, -1),
  Escape: close,
  Tab: (own, event) => !event.shiftKey && take(own, own.at < 0 ? options(own).findIndex(possible) : own.at),
  Enter: (own, event) => !event.shiftKey && own.at >= 0 && take(own, own.at),
};

function open(own) {
  own.wanted = true;
  ask(own);
}

function move(own, by) {
  const all = options(own);
  own.at = own.at < 0 && by < 0 ? all.length - 1 : (own.at + by + all.length) % all.length;
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === own.at)));
  own.list.querySelector("[data-first]")?.removeAttribute("data-first");
  own.field.setAttribute("aria-activedescendant", all[own.at].id);
  all[own.at].scrollIntoView({ block: "nearest" });
}

function take(own, at) {
  const option = options(own)[at];
  if (!option) return false;
  if (!possible(option)) return void say(option.textContent);
  const { field } = own;
  const end = field.selectionStart;
  field.setRangeText(option.dataset.insert, end - Number(option.dataset.typed), end, "end");
  own.space = option.dataset.insert.endsWith(" ") ? field.selectionStart : -1;
  close(own);
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function join(own, event) {
  const { field } = own;
  const at = field.selectionStart;
  if (own.space === at && at === field.selectionEnd && event.data && joining.includes(event.data)) {
    field.setRangeText("", at - 1, at, "end");
  }
  own.space = -1;
}

document.querySelectorAll("form[data-suggest]").forEach(begin);
