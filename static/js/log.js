// The log follows: new lines are fetched and appended, and stay in view while the reader is at the end.
//   <div class="log" data-log-src=".../log/" data-log-after="17" data-live="deployment-812">
// The answer is HTML; X-Log-After is the next cursor, X-Log-More: 1 asks for more at once, X-Log-End: 1 ends it.
// What came before is asked for by the key above the log, or when the reader comes to the top.
const perChunk = 100;
const mostChunks = 200; // in one box; the oldest make room while the reader is at the end

function follow(log) {
  const end = log.querySelector(".log-end");
  const key = log.querySelector("[data-follow]");
  const hits = document.querySelector("[data-log-hits]"); // how many lines hold what is searched
  let earlier = log.parentElement.querySelector("[data-log-earlier]");
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

  async function ask(name, value) {
    const address = new URL(log.dataset.logSrc, location.href);
    address.searchParams.set(name, value);
    const answer = await fetch(address, { headers: { "X-Live": "1" } });
    return answer.ok && !answer.redirected ? answer : null;
  }

  async function load() {
    if (done) return;
    if (busy) return void (again = true);
    busy = true;
    again = false;
    try {
      const answer = await ask("after", log.dataset.logAfter ?? "0");
      if (!answer) return;
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

  function parts(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function add(html) {
    const content = parts(html);
    const lines = content.querySelectorAll(".ln").length;
    if (!content.firstElementChild) return;
    const stay = atEnd() && !held;
    log.querySelector(".log-none")?.remove();
    for (const part of [...content.children]) place(part);
    if (!stay && begun) unread += lines;
    if (stay) {
      makeRoom();
      toEnd();
    }
    mark();
    if (hits) count();
    document.dispatchEvent(new CustomEvent("shipmate:lines", { detail: log }));
  }

  function count() {
    const lines = log.querySelectorAll(".ln").length;
    hits.textContent = lines === 1 ? "1 line" : `${lines.toLocaleString("en")} lines`;
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

  function makeRoom() {
    const chunks = log.querySelectorAll(".chunk");
    for (const old of [...chunks].slice(0, Math.max(0, chunks.length - mostChunks))) {
      const fold = old.parentElement;
      old.remove();
      if (fold.matches("details") && !fold.querySelector(".ln")) fold.remove();
      const first = log.querySelector(".ln");
      if (first) offer(Number(first.id.slice(1)));
    }
  }

  // ---- What came before ----
  function offer(number) {
    if (!earlier) {
      const line = document.createElement("p");
      line.className = "more";
      earlier = document.createElement("a");
      earlier.className = "link";
      line.append(earlier);
      log.before(line);
      earlier.addEventListener("click", before);
    }
    earlier.dataset.logEarlier = number;
    earlier.href = `?before=${number}`;
    earlier.textContent = `Earlier lines, before ${number}`;
    earlier.parentElement.hidden = number === 0;
  }

  async function before(event) {
    event?.preventDefault();
    const number = Number(earlier?.dataset.logEarlier ?? 0);
    if (!number || earlier.ariaBusy === "true") return;
    earlier.ariaBusy = "true";
    try {
      const answer = await ask("before", number);
      if (!answer) return;
      const [height, top] = [log.scrollHeight, log.scrollTop];
      prepend(parts(await answer.text()));
      log.scrollTop = top + log.scrollHeight - height;
      offer(Number(answer.headers.get("X-Log-Earlier")));
      document.dispatchEvent(new CustomEvent("shipmate:lines", { detail: log }));
    } catch {
      // The line is down; the key is still there.
    } finally {
      earlier.ariaBusy = "false";
    }
  }

  function prepend(content) {
    for (const part of [...content.children].reverse()) {
      const known = document.getElementById(part.id);
      if (known) known.querySelector("summary").after(...part.querySelectorAll(".chunk"));
      else log.prepend(part);
    }
  }

  log.addEventListener("scroll", () => {
    mark();
    if (log.scrollTop < 200 && begun && !held) before();
  }, { passive: true });
  for (const move of ["wheel", "touchmove", "keydown"]) {
    log.addEventListener(move, () => (held = false), { passive: true, once: true });
  }
  key?.addEventListener("click", () => {
    held = false;
    toEnd();
    mark();
    log.focus({ preventScroll: true });
  });
  earlier?.addEventListener("click", before);
  document.addEventListener("shipmate:change", ({ detail }) => {
    if (log.dataset.live?.split(/\s+/).some((word) => detail.tokens.has(word))) load();
  });
  document.addEventListener("shipmate:catch-up", load);
  if (log.dataset.logEvery) setInterval(() => document.hidden || load(), log.dataset.logEvery * 1000);
  if (!held) toEnd();
  mark();
  begun = done;
  load();
}

for (const log of document.querySelectorAll("[data-log-src]")) follow(log);
