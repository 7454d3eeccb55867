// Lines of a log: #L40 and #L40-L52 are marked, Shift picks a range, n and p walk the errors.
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

document.addEventListener("click", (event) => {
  const number = event.target.closest(".ln > a");
  const start = range(location.hash)?.[0];
  if (!number || !event.shiftKey || !start) return;
  event.preventDefault();
  history.replaceState(null, "", `#L${start}-${number.hash.slice(1)}`);
  pick();
});

document.addEventListener("keydown", (event) => {
  const by = { n: 1, p: -1 }[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  const errors = [...document.querySelectorAll(".ln.err")];
  const here = errors.findIndex((line) => line.classList.contains("picked"));
  const next = here < 0 ? errors.at(by > 0 ? 0 : -1) : errors[here + by];
  if (!next) return;
  history.replaceState(null, "", `#${next.id}`);
  show();
});

function show() {
  wanted = true;
  pick();
}

addEventListener("hashchange", show);
document.addEventListener("shipmate:lines", pick);
pick();
