// <form data-compose="msgs">: Enter sends, Shift+Enter makes a new line. The answer's HTML is appended
// to #msgs; anything already there by its id is replaced. Without this file the form posts and loads a page.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-compose]");
  if (!form || !event.target.matches("textarea, input")) return;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
  event.preventDefault();
  form.requestSubmit();
});

let turn = Promise.resolve(); // one after another, in the order in which they were sent

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-compose]")) return;
  event.preventDefault();
  const field = form.querySelector("textarea, input:not([type=hidden])");
  // A button's form has no field: its line is hidden in it, and a second click says it no second time.
  if (field ? field.value.trim() === "" : form.dataset.sending) return;
  const body = new FormData(form);
  if (field) field.value = ""; // whoever goes on writing begins anew
  for (const key of form.querySelectorAll("input[name=key]")) key.value = fresh();
  form.dataset.sending = "yes";
  turn = turn.then(() => send(form, field, body));
  field?.focus();
});

async function send(form, field, body) {
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Live": "1" } });
    if (answer.redirected) return void location.assign(answer.url); // signed out, or another page answers
    if (!answer.ok && answer.status !== 422) throw new Error(answer.statusText);
    const html = await answer.text();
    if (answer.status === 422) return back(form, field, body, html);
    wrong(form, "");
    append(document.getElementById(form.dataset.compose), html);
  } catch {
    back(form, field, body, "Not sent: Shipmate does not answer. Send it again in a moment.");
  } finally {
    delete form.dataset.sending;
  }
}

// Give what was not taken back to its writer, under the key that it had: perhaps it was taken after
// all, and then it counts once. What is changed before it is sent again is another message.
function back(form, field, body, why) {
  wrong(form, why);
  if (field?.value) return void (field.value = `${body.get("text")}\n${field.value}`);
  if (field) field.value = body.get("text");
  for (const key of form.querySelectorAll("input[name=key]")) key.value = body.get("key");
}

document.addEventListener("input", ({ target }) => {
  for (const key of target.closest?.("[data-compose]")?.querySelectorAll("input[name=key]") ?? []) key.value = fresh();
});

function append(pane, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const part of [...template.content.children]) {
    const known = part.id && document.getElementById(part.id);
    if (known) known.replaceWith(part);
    else pane.append(part);
    document.dispatchEvent(new CustomEvent("shipmate:appended", { detail: part }));
  }
  pane.scrollTop = pane.scrollHeight;
  globalThis.htmx?.process(pane);
}

function wrong(form, text) {
  const place = form.querySelector("[data-compose-wrong]");
  place.textContent = text;
  place.hidden = !text;
}

// A new key for the next message: the server takes each key once.
function fresh() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// A conversation opens at its end.
for (const pane of document.querySelectorAll("[data-stick]")) pane.scrollTop = pane.scrollHeight;
