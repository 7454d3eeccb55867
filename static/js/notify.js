// “Tell me when it ends”: a notification of the browser, only for the deployment it was asked for.
// While one is awaited, the page goes on listening behind other tabs.
const key = `notify ${location.pathname}`;
const head = () => document.querySelector("[data-notify-title]");

function awaited() {
  return sessionStorage.getItem(key) === "yes" && Notification.permission === "granted";
}

function show() {
  const button = document.querySelector("[data-notify]");
  if (awaited()) document.documentElement.dataset.awake = "yes";
  else delete document.documentElement.dataset.awake;
  if (!button) return;
  button.hidden = Notification.permission === "denied";
  button.setAttribute("aria-pressed", awaited());
}

function tell() {
  const place = head();
  if (!awaited() || place?.dataset.notifyEnded === undefined) return;
  sessionStorage.removeItem(key);
  const said = new Notification(place.dataset.notifyTitle, { body: place.dataset.notifyEnded, tag: key });
  said.addEventListener("click", () => { window.focus(); said.close(); });
}

if ("Notification" in window && head()) {
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-notify]")) return;
    if (awaited()) sessionStorage.removeItem(key);
    else if ((await Notification.requestPermission()) === "granted") sessionStorage.setItem(key, "yes");
    show();
  });
  document.addEventListener("shipmate:refreshed", () => { tell(); show(); });
  tell();
  show();
}
