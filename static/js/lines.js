// Lines of a log: #L40 and #L40-L52 are marked, Shift picks a range, n and p walk the errors, or
// what was searched: errors of the whole log. A line that is not on the page is asked for by ?at=.
const range = (hash) => hash.match(/^#L(\d+)(?:-L(\d+))?$/)?.slice(1).map((n) => n && Number(n));

let wanted = true; // a line that is not there yet is shown when it comes

function pick() {
  const picked = range(location.hash);
  for (const line of document.querySelectorAll(".ln.picked")) line.classList.remove("picked");
  if (!picked) return;
  const [from, to = from] = picked[1] ? picked.toSorted((a, b) => a - b) : [picked[0]];
  for (let n = from; n <= to; n++) document.getElementById(`L${n}`)?.classList.add("picked");
  const first = document.getElementById(`L${from}`);
  const fold = first?.closest("details");
  if (fold) fold.open = true;
  if (wanted) first?.scrollIntoView({ block: "center" });
  if (first) wanted = false;
}

function fetchIt() {
  const [from] = range(location.hash) ?? [];
  const log = document.querySelector(".log[data-log-src]");
  if (!from || !log || document.getElementById(`L${from}`)) return;
  const known = Number(log.querySelector(".ln:last-of-type > a")?.hash.slice(2) ?? 0);
  const address = new URL(location.href);
  if (address.searchParams.get("at") === String(from) || (from > known && !("logEnd" in log.dataset))) return;
  address.searchParams.set("at", from);
  address.searchParams.delete("before");
  location.replace(address);
}

document.addEventListener("click", (event) => {
  const number = event.target.closest(".ln > a");
  const start = range(location.hash)?.[0];
  if (!number || !event.shiftKey || !start) return;
  event.preventDefault();
  history.replaceState(null, "", `#L${start}-${number.hash.slice(1)}`);
  pick();
});

// The next line that was searched, or error: of those on the page, else of the whole log.
async function walk(by) {
  const hits = document.querySelectorAll(".ln.hit");
  const stops = [...(hits.length ? hits : document.querySelectorAll(".ln.err"))];
  const here = stops.findIndex((line) => line.classList.contains("picked"));
  if (!hits.length) return error(by, stops, here);
  const next = here < 0 ? stops.at(by > 0 ? 0 : -1) : stops[here + by];
  if (next) go(next.id);
  else if (by > 0) document.querySelector("[data-log-next]")?.click();
}

async function error(by, stops, here) {
  const source = document.querySelector("[data-log-errors]")?.dataset.logErrors;
  if (here >= 0 && stops[here + by]) return go(stops[here + by].id);
  if (!source) return;
  const from = range(location.hash)?.[0];
  const address = new URL(source, location.href);
  address.searchParams.set(by > 0 ? "after" : "before", from ?? (by > 0 ? 0 : 999999999));
  const answer = await fetch(address).catch(() => null); // without a line, the reader stays here
  if (!answer?.ok || answer.redirected) return;
  const { line } = await answer.json();
  if (line) go(`L${line}`);
}

function go(id) {
  history.replaceState(null, "", `#${id}`);
  show();
  fetchIt();
}

document.addEventListener("keydown", (event) => {
  const by = { n: 1, p: -1 }[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  walk(by);
});

function show() {
  wanted = true;
  pick();
}

addEventListener("hashchange", () => {
  show();
  fetchIt();
});
document.addEventListener("shipmate:lines", pick);
pick();
fetchIt();
