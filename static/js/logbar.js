// The bar above a log: times on or off (kept for the next visit), and the log filling the screen.
const card = document.querySelector(".logcard");
const times = card?.querySelector("[data-log-times]");
const whole = card?.querySelector("[data-log-whole]");

function show(on) {
  card.toggleAttribute("data-no-times", !on);
  times.setAttribute("aria-pressed", String(on));
}

if (times) {
  times.hidden = false;
  show(localStorage.getItem("log-times") !== "off");
  times.addEventListener("click", () => {
    const on = card.hasAttribute("data-no-times");
    localStorage.setItem("log-times", on ? "on" : "off");
    show(on);
  });
}

if (whole && document.fullscreenEnabled) {
  whole.hidden = false;
  whole.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : card.requestFullscreen()));
}
