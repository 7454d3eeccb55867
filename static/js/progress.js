// What runs goes on by itself until the page hears more: <progress data-elapsed="72" data-total="120">
// with, around it, [data-percent] and [data-left] in words. Never past 95 % until it is done.
import { duration } from "./time.js";

const most = 95;
const seen = new WeakMap(); // when each bar was first met

function around(bar) {
  return bar.closest("[data-live-src], li, section, .cell") ?? bar.parentElement;
}

function step(bar) {
  if (bar.closest("[data-state]")?.dataset.state !== "running") return; // lost, or being stopped
  if (!seen.has(bar)) seen.set(bar, performance.now());
  const passed = (performance.now() - seen.get(bar)) / 1000;
  const total = Number(bar.dataset.total);
  const elapsed = Number(bar.dataset.elapsed) + passed;
  const percent = Math.max(bar.value, Math.min(most, Math.round((100 * elapsed) / Math.max(total, 1))));
  if (percent !== bar.value) bar.value = percent;
  say(around(bar).querySelector("[data-percent]"), `${percent} %`);
  say(around(bar).querySelector("[data-left]"), total - elapsed >= 1 ? `${duration(total - elapsed)} left` : "any moment");
}

function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function tick() {
  if (document.hidden) return;
  for (const bar of document.querySelectorAll("progress[data-total]")) step(bar);
}

setInterval(tick, 1000);
tick();
