// Copy keys: <button data-copy="deploy web">. The key shows a tick for a moment and says “Copied”.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // plain http has no clipboard object
  field.value = text;
  field.className = "vh";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("refused");
}

function point(use, id) {
  use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${id}`));
}

document.addEventListener("click", async (event) => {
  const key = event.target.closest("[data-copy]");
  if (!key) return;
  let said = "Copied";
  try {
    await copy(key.dataset.copy);
  } catch {
    said = "The browser does not allow copying. Select the text instead.";
  }
  key.focus();
  document.dispatchEvent(new CustomEvent("shipmate:say", { detail: said }));
  if (said !== "Copied") return;
  const use = key.querySelector("use");
  point(use, "i-check");
  setTimeout(() => point(use, "i-copy"), 1500);
});
