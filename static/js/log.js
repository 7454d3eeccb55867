// The log follows: new lines are fetched and appended, and stay in view while the reader is at the end.
//   <div class="log" data-log-src=".../log/" data-log-after="17" data-live="deployment-812">
// The answer is HTML; X-Log-After is the next cursor, X-Log-More: 1 asks for more at once, X-Log-End: 1 ends it.
const perChunk = 100;

function follow(log) {
  const end = log.querySelector(".log-end");
  const key = log.querySelector("[data-follow]");
  let busy = false;
  let again = false;
  let unread = 0;
  let begun = false; // what was there already when the page was opened is not new
  let held = location.hash.startsWith("#L"); // the reader came for a line
  let done = "logEnd" in log.dataset;

  const atEnd = () => log.scrollHeight - log.clientHeight - log.scrollTop < 32;
  const jump = () => (log.scrollTop = log.scrollHeight);
  const toEnd = () => {
    jump();
    requestAnimationFrame(jump); // chunks that were never drawn find their height on the way
  };

  function mark() {
    if (atEnd() && !held) unread = 0;
    if (!key) return;
    key.hidden = unread === 0;
    key.firstElementChild.textContent = unread === 1 ? "1 new line" : `${unread.toLocaleString("en")} new lines`;
  }

  async function load() {
    if (done) return;
    if (busy) return void (again = true);
    busy = true;
    again = false;
    try {
      const address = new URL(log.dataset.logSrc, location.href);
      address.searchParams.set("after", log.dataset.logAfter ?? "0");
      const answer = await fetch(address, { headers: { "X-Live": "1" } });
      if (!answer.ok || answer.redirected) return;
      add(await answer.text());
      log.dataset.logAfter = answer.headers.get("X-Log-After") ?? log.dataset.logAfter;
      done = answer.headers.get("X-Log-End") === "1";
      again ||= answer.headers.get("X-Log-More") === "1";
      begun ||= !again;
    } catch {
      // The line is down; the next change or the next poll asks from the same place.
    } finally {
      busy = false;
      if (again) load();
    }
  }

  function add(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const lines = template.content.querySelectorAll(".ln").length;
    if (!template.content.firstElementChild) return;
    const stay = atEnd() && !held;
    for (const part of [...template.content.children]) place(part);
    if (!stay && begun) unread += lines;
    if (stay) toEnd();
    mark();
    document.dispatchEvent(new CustomEvent("shipmate:lines", { detail: log }));
  }

  // A fold that is there already takes the new lines and the new head; anything else goes to the end.
  function place(part) {
    const known = part.id && part.matches("details") ? document.getElementById(part.id) : null;
    if (known) {
      known.querySelector("summary")?.replaceWith(part.querySelector("summary"));
      for (const line of part.querySelectorAll(".ln")) chunk(known).append(line);
    } else if (part.matches(".ln")) chunk(log).append(part);
    else if (end) end.before(part);
    else log.append(part);
  }

  function chunk(parent) {
    let last = [...parent.children].filter((child) => child.matches(".chunk")).at(-1);
    if (!last || last.children.length >= perChunk) {
      last = document.createElement("div");
      last.className = "chunk";
      if (parent === log && end) end.before(last);
      else parent.append(last);
    }
    return last;
  }

  log.addEventListener("scroll", mark, { passive: true });
  for (const move of ["wheel", "touchmove", "keydown"]) {
    log.addEventListener(move, () => (held = false), { passive: true, once: true });
  }
  key?.addEventListener("click", () => {
    held = false;
    toEnd();
    mark();
    log.focus({ preventScroll: true });
  });
  document.addEventListener("shipmate:change", ({ detail }) => {
    if (log.dataset.live?.split(/\s+/).some((word) => detail.tokens.has(word))) load();
  });
  document.addEventListener("shipmate:catch-up", load);
  if (log.dataset.logEvery) setInterval(() => document.hidden || load(), log.dataset.logEvery * 1000);
  if (!held) toEnd();
  mark();
  load();
}

for (const log of document.querySelectorAll("[data-log-src]")) follow(log);
