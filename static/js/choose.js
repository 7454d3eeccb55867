// A field that offers what fits the letters in it.
//   <div class="chooser"><input data-choose="/apps/web/production/refs/"></div>
// The server gives the options. Arrow keys choose, Enter takes the chosen one (and sends the form
// where none is), Esc closes. Without scripts it is a field to write into.
const wait = 80; // ms of quiet before the server is asked

const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
const say = (detail) => document.dispatchEvent(new CustomEvent("shipmate:say", { detail }));

function begin(field) {
  const list = Object.assign(document.createElement("ul"), { className: "suggest", id: `${field.id}-choices`, hidden: true });
  set(list, { role: "listbox", "aria-label": "What may be deployed" });
  set(field, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
  field.after(list);
  let at = -1;
  let timer = 0;
  let asking = null;

  const options = () => [...list.querySelectorAll("[role=option]")];

  async function ask() {
    asking?.abort();
    const mine = (asking = new AbortController());
    const address = new URL(field.dataset.choose, location.href);
    address.searchParams.set("text", field.value);
    try {
      const answer = await fetch(address, { headers: { "X-Live": "1" }, signal: mine.signal });
      const html = answer.status === 200 && !answer.redirected ? await answer.text() : "";
      if (mine === asking && document.activeElement === field) show(html);
    } catch {
      if (mine === asking) close(); // what was typed stands, and can be sent
    }
  }

  function show(html) {
    list.innerHTML = html;
    at = -1;
    const count = options().length;
    field.removeAttribute("aria-activedescendant");
    if (!count) return close();
    list.hidden = false;
    list.scrollTop = 0;
    field.setAttribute("aria-expanded", "true");
    say(`${count} ${count === 1 ? "suggestion" : "suggestions"}, arrow keys choose`);
  }

  function close() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    list.hidden = true;
    at = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function move(by) {
    const all = options();
    at = at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    field.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    field.value = option.dataset.value;
    close();
    field.focus();
  }

  function key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const down = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (list.hidden) {
      if (event.key !== "ArrowDown") return;
      ask();
    } else if (down) move(down);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && at >= 0) take(options()[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  });
  field.addEventListener("click", () => list.hidden && ask());
  field.addEventListener("keydown", key);
  field.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}

document.querySelectorAll("input[data-choose]").forEach(begin);
