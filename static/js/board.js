// The board begins with its first rows; [data-rest] under them leads to all. Whoever nears it, filters,
// prints, or looks for something in the page gets all of them in place, and comes back to all of them.
const near = 1500; // pixels

function bring() {
  const rest = document.querySelector("[data-rest]");
  const board = rest?.closest("[data-live-src]");
  const whole = rest?.querySelector("a").href;
  if (!whole || board.dataset.liveSrc.includes("whole=")) return;
  board.dataset.liveSrc += "&whole=1";
  history.replaceState(null, "", whole);
  document.dispatchEvent(new CustomEvent("shipmate:refresh", { detail: board }));
}

const watch = new IntersectionObserver(
  (met) => met.some((one) => one.isIntersecting) && bring(),
  { rootMargin: `0px 0px ${near}px` },
);
function look() {
  watch.disconnect();
  const rest = document.querySelector("[data-rest]");
  if (rest) watch.observe(rest);
}

document.addEventListener("shipmate:rest", bring);
document.addEventListener("shipmate:refreshed", look);
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey)) bring();
});
addEventListener("beforeprint", bring);
look();
