// A bookmark keeps a post, or drops it again, in place: <button class="keep" form="keep" name="keep" value="812">.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  if (form.id !== "keep" || !button) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form, button), headers: { "X-Live": "1" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const kept = button.name === "keep";
  button.name = kept ? "drop" : "keep";
  button.setAttribute("aria-pressed", String(kept));
});
