// Times stay true: <time data-relative> is said anew every 30 s, <time data-since> counts every second.
// The words are those of deployments/durations.py and the {% when %} tag.
const two = (n) => String(n).padStart(2, "0");

export function duration(seconds) {
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

function tick() {
  if (document.hidden) return;
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
