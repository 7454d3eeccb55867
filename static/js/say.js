// One polite voice for screen readers. Others send: new CustomEvent("shipmate:say", { detail: "Copied" }).
document.addEventListener("shipmate:say", (event) => {
  const voice = document.querySelector("[data-voice]");
  if (!voice) return;
  voice.textContent = "";
  requestAnimationFrame(() => (voice.textContent = event.detail));
});
