// Live pages. The server says what changed; the page asks for those fragments again.
//   <body data-live-url="/live/?after=990">            one stream for the page
//   <div data-live="deployment-812" data-live-src=URL>  is fetched and replaced when 812 changes
//   data-live="any", "news" (any but signs of life), "verb-application.added", "environment-5" …
//   data-live-every="10"                                and every ten seconds besides
// A hidden tab rests and catches up; without a stream the page asks every 5 seconds.
const url = document.body.dataset.liveUrl;
const gap = 500; // at most two refreshes a second for one fragment
const pollEvery = 5000;
const many = 8;

let stream = null;
let after = url ? new URL(url, location.href).searchParams.get("after") : null;
let poll = 0;
let retry = 0;
let patience = 5000;
let heard = new Date();
let said = ""; // how the line is, in words
const started = Date.now();

// A page that somebody wants to be called to (static/js/notify.js) listens on behind other tabs.
const resting = () => document.hidden && !document.documentElement.dataset.awake;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// ---- One fragment ----
// Kept by address, so that a fragment that is replaced keeps its turn.
const turns = new Map();

function refresh(element) {
  const src = element.dataset.liveSrc;
  const turn = turns.get(src) ?? { busy: false, again: false, timer: 0, last: 0 };
  turns.set(src, turn);
  if (turn.busy) turn.again = true;
  else if (!turn.timer) {
    turn.timer = setTimeout(() => run(src, turn), Math.max(0, turn.last + gap - Date.now()));
  }
}

async function run(src, turn) {
  Object.assign(turn, { timer: 0, busy: true, again: false, last: Date.now() });
  let failed = false;
  try {
    await load(src);
  } catch {
    failed = true;
  }
  turn.busy = false;
  if (failed) setTimeout(() => at(src).forEach(refresh), pollEvery);
  else if (turn.again) at(src).forEach(refresh);
}

const at = (src) => [...document.querySelectorAll("[data-live-src]")].filter((e) => e.dataset.liveSrc === src);

async function load(src) {
  const answer = await fetch(src, { headers: { "X-Live": "1" }, cache: "no-cache" });
  if (answer.redirected || answer.status === 401 || answer.status === 403) return signedOut();
  if (answer.status >= 500) throw new Error(answer.statusText);
  if (answer.status !== 200) return; // 204: as before; 404: gone, and the page around it says so
  const text = await answer.text();
  for (const old of at(src)) replace(old, text);
}

function replace(old, text) {
  const template = document.createElement("template");
  template.innerHTML = text.trim();
  const fresh = template.content.firstElementChild;
  if (!fresh) return;
  sayState(fresh);
  if (fresh.isEqualNode(old)) return;
  const kept = keep(old);
  old.replaceWith(fresh);
  kept(fresh);
  globalThis.htmx?.process(fresh);
  tell("shipmate:refreshed", fresh);
}

// ---- What a reader would miss: focus, typed text, scroll, open folds ----
function path(root, element) {
  if (element.id) return () => document.getElementById(element.id);
  const steps = [];
  for (let e = element; e !== root; e = e.parentElement) steps.unshift([...e.parentElement.children].indexOf(e));
  return (fresh) => steps.reduce((e, step) => e?.children[step], fresh);
}

function keep(old) {
  const acts = [...folds(old), ...fields(old), ...panes(old), ...focus(old)];
  return (fresh) => acts.forEach((act) => act(fresh));
}

function folds(old) {
  return [...old.querySelectorAll("details[id]")].map((fold) => () => {
    const same = document.getElementById(fold.id);
    if (same) same.open = fold.open;
  });
}

function fields(old) {
  const typed = [...old.querySelectorAll("input:not([type=hidden]), textarea")].filter(
    (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
  );
  return typed.map((field) => {
    const find = path(old, field);
    return (fresh) => {
      const same = find(fresh);
      if (same?.name !== field.name) return;
      same.value = field.value;
      same.checked = field.checked;
    };
  });
}

function panes(old) {
  return [old, ...old.querySelectorAll("[data-stick], [data-scroll]")].map((pane) => {
    const { scrollTop, scrollLeft } = pane;
    const end = pane.matches("[data-stick]") && pane.scrollHeight - pane.clientHeight - scrollTop < 24;
    const find = pane === old ? (fresh) => fresh : path(old, pane);
    return (fresh) => {
      const same = find(fresh);
      same?.scrollTo(scrollLeft, end ? same.scrollHeight : scrollTop);
    };
  });
}

function focus(old) {
  const active = document.activeElement;
  if (!old.contains(active)) return [];
  const find = active === old ? (fresh) => fresh : path(old, active);
  const { selectionStart: start, selectionEnd: end } = active;
  return [(fresh) => {
    const same = find(fresh);
    same?.focus({ preventScroll: true });
    if (start != null) same?.setSelectionRange?.(start, end);
  }];
}

// ---- What changed ----
const words = (element) => element.dataset.live?.split(/\s+/) ?? [];
const outermost = (elements) => elements.filter((e) => !elements.some((o) => o !== e && o.contains(e)));

function changed(data) {
  const tokens = new Set(["any", `verb-${data.verb}`]);
  if (data.verb !== "deployment.progress") tokens.add("news"); // more than a sign of life
  for (const [name, value] of Object.entries(data)) {
    if (name !== "id" && name !== "verb" && value != null) tokens.add(`${name}-${value}`);
  }
  const touched = [...document.querySelectorAll("[data-live-src]")]
    .filter((element) => words(element).some((word) => tokens.has(word)));
  outermost(touched).forEach((element) => refresh(together(element)));
  tell("shipmate:change", { data, tokens });
}

// Where many parts of one place are under way, the place is asked for once in their stead.
function together(element) {
  const place = element.closest("[data-live-many]");
  if (!place || place === element) return element;
  const going = (turn) => turn?.busy || turn?.timer;
  const all = [...turns.values()].filter(going).length;
  return all >= many || going(turns.get(place.dataset.liveSrc)) ? place : element;
}

function everything() {
  outermost([...document.querySelectorAll("[data-live-src]")]).forEach(refresh);
  tell("shipmate:catch-up");
}

// What no change tells of, such as a heart that stops, is looked at every few seconds.
function watch() {
  if (resting()) return;
  for (const element of document.querySelectorAll("[data-live-every]")) {
    const turn = turns.get(element.dataset.liveSrc);
    if (Date.now() - (turn?.last ?? started) >= 1000 * element.dataset.liveEvery) refresh(element);
  }
}

document.addEventListener("shipmate:refresh", (event) => refresh(event.detail));

// ---- The stream ----
function open() {
  if (!url || stream || resting()) return;
  const address = new URL(url, location.href);
  const known = after !== null;
  if (known) address.searchParams.set("after", after);
  stream = new EventSource(address);
  let first = known && !poll;
  stream.addEventListener("open", () => {
    if (!first) everything(); // something may have happened while nobody listened
    first = false;
    patience = 5000;
    clearInterval(poll);
    poll = 0;
    state("Live");
  });
  stream.addEventListener("change", (event) => {
    const data = JSON.parse(event.data);
    after = event.lastEventId || String(data.id ?? after ?? "");
    heard = new Date();
    changed(data);
  });
  stream.addEventListener("bye", signedOut);
  stream.addEventListener("error", () => {
    fallBack();
    if (stream?.readyState === EventSource.CLOSED) again();
  });
}

function close() {
  stream?.close();
  stream = null;
  clearTimeout(retry);
}

function again() {
  close();
  retry = setTimeout(open, patience);
  patience = Math.min(patience * 2, 60000);
}

function fallBack() {
  if (poll) return;
  poll = setInterval(everything, pollEvery);
  const time = heard.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  state(`No live line since ${time}; asking every 5 s`);
}

function rest() {
  close();
  clearInterval(poll);
  poll = 0;
}

function signedOut() {
  rest();
  state("Signed out; load the page again");
  const notice = document.querySelector("[data-signed-out]");
  if (notice) notice.hidden = false;
  document.removeEventListener("visibilitychange", turn);
}

function state(text) {
  said = text;
  sayState(document);
}

function sayState(root) {
  for (const element of root.querySelectorAll("[data-live-state]")) element.textContent = said;
}

function turn() {
  if (resting()) return rest();
  everything();
  open();
}

if (url) {
  document.addEventListener("visibilitychange", turn);
  setInterval(watch, 1000);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && turn());
  open();
}
