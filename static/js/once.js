// A form is sent once, and a key that looks disabled only leads to the reasons beside it.
// The server refuses both as well; this only saves a page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const key = event.submitter ?? form.querySelector("[type=submit], button:not([type])");
  if (key?.getAttribute("aria-disabled") === "true" || form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!form.dataset.sent) reasons(key);
    return;
  }
  if (form.method === "get" || form.matches("[data-compose], #keep")) return; // sent in place, again and again
  form.dataset.sent = "yes";
  key?.setAttribute("aria-disabled", "true");
}, true);

function reasons(key) {
  const list = document.getElementById(key.getAttribute("aria-describedby")?.split(" ")[0]);
  list?.scrollIntoView({ block: "nearest" });
  document.dispatchEvent(new CustomEvent("shipmate:say", { detail: list?.textContent.trim() ?? "Not possible now" }));
}

document.addEventListener("click", (event) => {
  const key = event.target.closest("a[aria-disabled=true], button[type=button][aria-disabled=true]");
  if (!key) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  reasons(key);
}, true);

// The browser's back key shows the old page again: its form may be sent anew.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const key of form.querySelectorAll("[aria-disabled]")) key.removeAttribute("aria-disabled");
  }
});
