// Times stay true: <time data-relative> is said anew every 30 s, <time data-since> counts every second.
// What runs goes on by itself until the page hears more: <progress data-elapsed="72" data-total="120">
// with, around it, [data-percent] and [data-left] in words. Never past 95 % until it is done.
// The words are those of deployments/durations.py and the {% when %} tag.
const two = (n) => String(n).padStart(2, "0");

function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${two(s % 60)} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} m`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

function relative(seconds, short) {
  const s = Math.abs(seconds);
  if (s < 60) return short ? "now" : "just now";
  const text = s < 3600 ? `${Math.floor(s / 60)} min` : s < 86400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  if (short) return text;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

const age = (element) => (Date.now() - Date.parse(element.dateTime)) / 1000;

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const most = 95; // per cent
const seen = new WeakMap(); // when each bar was first met

function around(bar) {
  return bar.closest("td, li, article, header, [data-one]") ?? bar.parentElement;
}

function forward(bar) {
  if (bar.closest("[data-state]")?.dataset.state !== "running") return; // lost, or being stopped
  if (!seen.has(bar)) seen.set(bar, performance.now());
  const passed = (performance.now() - seen.get(bar)) / 1000;
  const total = Number(bar.dataset.total);
  const elapsed = Number(bar.dataset.elapsed) + passed;
  const percent = Math.max(bar.value, Math.min(most, Math.round((100 * elapsed) / Math.max(total, 1))));
  if (percent !== bar.value) bar.value = percent;
  const [told, left] = ["[data-percent]", "[data-left]"].map((part) => around(bar).querySelector(part));
  if (told) say(told, `${percent} %`);
  if (left) say(left, total - elapsed >= 1 ? `${duration(total - elapsed)} left` : "any moment");
}

function tick() {
  if (document.hidden) return;
  for (const bar of document.querySelectorAll("progress[data-total]")) forward(bar);
  for (const element of document.querySelectorAll("time[data-since]")) say(element, duration(age(element)));
}

function turn() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const seconds = age(element);
    if (Math.abs(seconds) > 14 * 86400) continue; // the server wrote the day
    say(element, relative(seconds, element.dataset.relative === "short"));
  }
}

setInterval(tick, 1000);
setInterval(turn, 30000);
document.addEventListener("visibilitychange", () => { tick(); turn(); });
