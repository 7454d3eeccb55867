// A conversation: what is said appears by itself, older posts as the reader scrolls up, and what is
// seen is noted. The stream names each post; only those are asked for, and the whole pane never is.
//   <div id="msgs" data-talk="/flow/ops/" data-topic="room-3" data-root="0" data-read="812">
const pane = () => document.getElementById("msgs");
const visible = () => document.visibilityState === "visible" && pane()?.offsetParent;
const later = (least, most) => least + Math.random() * (most - least); // fifty pages, not all at once
const wanted = new Set();
let asking = 0;
let busy = false;
let behind = false; // something may have been missed
let read = Number(pane()?.dataset.read ?? 0);
let left = 0; // where the reader was when they went away

// ---- What is there ----
const all = () => [...document.querySelectorAll("#msgs [data-post], #steps [data-post]")];
const number = (post) => Number(post.dataset.post);
const last = () => Math.max(0, ...all().map(number));
const isAtEnd = (one) => one.scrollHeight - one.clientHeight - one.scrollTop < 24;
const first = () => Math.min(Infinity, ...[...pane().querySelectorAll("[data-post]")].map(number));

// ---- What is new ----
document.addEventListener("shipmate:change", ({ detail: { data } }) => {
  if (!String(data.topic ?? "").startsWith("room-")) return;
  const [parent, post] = data.subject?.includes("/") ? data.subject.split("/").map(Number) : [0, Number(data.subject)];
  if (!pane() || !isHere(data.topic, parent)) return soon(elsewhere, "#rooms", 1000, 3000);
  if (parent || data.verb === "flow.thread") soon(elsewhere, "#inbox", 200, 1500);
  want(parent && !Number(pane().dataset.root) ? parent : post);
});

function isHere(topic, parent) {
  const root = Number(pane().dataset.root);
  if (topic === pane().dataset.topic && (!root || root === parent)) return true;
  soon(elsewhere, "#inbox", 500, 2500);
  return false;
}

function want(post) {
  const known = document.getElementById(`post-${post}`);
  if (known || (post > first() && !("older" in pane().dataset)) || first() === Infinity) wanted.add(post);
  if (wanted.size && !asking) asking = setTimeout(ask, 20);
}

document.addEventListener("shipmate:catch-up", () => {
  if (!pane()) return;
  for (const post of all().slice(-40)) wanted.add(number(post));
  behind = true;
  asking ||= setTimeout(ask, 20);
});

async function ask() {
  asking = 0;
  if (busy) return void (asking = setTimeout(ask, 100));
  busy = true;
  for (const post of document.querySelectorAll("#msgs [data-asks]")) wanted.add(number(post));
  const ids = [...wanted].slice(0, 100);
  for (const id of ids) wanted.delete(id);
  const catchingUp = behind;
  behind = false;
  const address = new URL(pane().dataset.talk, location.href);
  const after = catchingUp && !("older" in pane().dataset) ? { after: last() } : {};
  address.search = new URLSearchParams({ pane: "posts", ids: ids.join(","), ...after });
  try {
    const answer = await fetch(address, { headers: { "X-Live": "1" }, cache: "no-cache" });
    if (answer.ok && !answer.redirected) put(await answer.text());
    if (catchingUp && !document.hidden) left = 0;
  } catch {
    for (const id of ids) wanted.add(id);
    behind ||= catchingUp;
    asking ||= setTimeout(ask, 5000);
  }
  busy = false;
  if ((wanted.size || behind) && !asking) asking = setTimeout(ask, 100);
}

function put(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const atEnd = [...document.querySelectorAll(".thread [data-stick]")].filter(isAtEnd);
  const fresh = [...template.content.querySelectorAll("[data-post]")].filter(place);
  for (const one of atEnd) one.scrollTop = one.scrollHeight;
  readOut(fresh);
  if (fresh.length && !pane().offsetParent) soon(elsewhere, "#rooms", 200, 1500); // on a phone the inbox stands alone
  see();
}

// Put a post where it belongs; return whether it is new here.
function place(post) {
  const known = document.getElementById(post.id);
  if (known) {
    const held = known.contains(document.activeElement);
    if (!known.isEqualNode(post)) known.replaceWith(post);
    if (held && !post.contains(document.activeElement)) post.querySelector("button, a")?.focus({ preventScroll: true });
    return false;
  }
  const into = document.getElementById(post.dataset.into ?? "msgs") ?? pane();
  const next = [...into.querySelectorAll("[data-post]")].find((other) => number(other) > number(post));
  into.insertBefore(post, next ?? null);
  if (into === pane()) day(post);
  if (left && into === pane()) line(post);
  return true;
}

// A day begins: say which, above the first that was said on it.
function day(post) {
  const before = [...pane().querySelectorAll("[data-post]")].findLast((other) => number(other) < number(post));
  if (before?.dataset.day === post.dataset.day) return;
  const known = pane().querySelector(`.day[data-day="${post.dataset.day}"]`);
  const name = known ?? Object.assign(document.createElement("p"), { className: "day", textContent: post.dataset.dayName });
  name.dataset.day = post.dataset.day;
  post.before(name);
}

document.addEventListener("shipmate:appended", ({ detail: post }) => {
  if (pane()?.contains(post) && post.dataset.post) day(post);
});

// The page before began with the same day: it is said once, at its first post.
function days() {
  const seen = new Set();
  for (const name of pane().querySelectorAll(".day[data-day]")) {
    if (seen.has(name.dataset.day)) name.remove();
    seen.add(name.dataset.day);
  }
}

// “New since you were here”, before the first post that came while nobody looked.
function line(post) {
  document.getElementById("new-line")?.remove();
  const text = Object.assign(document.createElement("p"), { id: "new-line", className: "day is-new", textContent: "New since you were here" });
  post.before(text);
  left = 0; // once
}

// ---- Read out once, politely; see say.js ----
function words(post) {
  const said = post.querySelector(".said-line, .words")?.textContent ?? post.querySelector("span")?.textContent ?? "";
  const who = post.querySelector("header b")?.textContent;
  return [who, said.trim()].filter(Boolean).join(": ");
}

function readOut(posts) {
  const said = posts.slice(-3).map(words).join(". ");
  if (said) document.dispatchEvent(new CustomEvent("shipmate:say", { detail: said }));
}

// ---- What is beside it ----
const waiting = new Map();

function soon(act, where, least, most) {
  if (waiting.has(where)) return;
  waiting.set(where, setTimeout(() => {
    waiting.delete(where);
    act(where);
  }, later(least, most)));
}

function elsewhere(where) {
  const element = document.querySelector(where);
  if (element) document.dispatchEvent(new CustomEvent("shipmate:refresh", { detail: element }));
}

// ---- What is seen ----
function see() {
  if (pane() && visible() && last() > read) soon(note, "seen", 300, 2000);
}

async function note() {
  if (!visible() || last() <= read) return;
  read = last();
  const body = new FormData();
  body.set("last", read);
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  await fetch(`${pane().dataset.talk}seen/`, { method: "POST", body, keepalive: true }).catch(() => (read = 0));
  if (document.querySelector("#rooms .unread, #inbox .unread")) ["#rooms", "#inbox"].forEach(elsewhere);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) left = last();
  else see();
});

// ---- What was said before ----
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) older(entry.target);
});

function watch() {
  const link = pane()?.querySelector("[data-older-posts]");
  if (link) watcher.observe(link);
}

async function older(link) {
  watcher.unobserve(link);
  const address = new URL(link.href);
  address.searchParams.set("pane", "older");
  const answer = await fetch(address, { headers: { "X-Live": "1" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return; // the link is still there
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const height = pane().scrollHeight;
  link.closest("p").replaceWith(template.content);
  days();
  pane().scrollTop += pane().scrollHeight - height;
  watch();
}

// A conversation opens at its end, or at what is new in it, or at the post in the address.
function begin() {
  const at = document.querySelector(location.hash.startsWith("#post-") ? location.hash : "#new-line");
  if (at) at.scrollIntoView({ block: at.id === "new-line" ? "start" : "center" });
  setTimeout(watch, 300);
  see();
}

if (pane()) begin();
