// New posts are read out once, politely: the pane is replaced as a whole, which screen readers would
// read from its beginning or not at all. See say.js.
const known = new Set();

function news() {
  const posts = [...document.querySelectorAll("#msgs > [id]")].filter((post) => !known.has(post.id));
  for (const post of posts) known.add(post.id);
  return posts;
}

function words(post) {
  const said = post.querySelector(".said-line, .words")?.textContent ?? post.querySelector("span")?.textContent ?? "";
  const who = post.querySelector("header b")?.textContent;
  return [who, said.trim()].filter(Boolean).join(": ");
}

news();
document.addEventListener("shipmate:refreshed", () => {
  const said = news().slice(-3).map(words).join(". ");
  if (said) document.dispatchEvent(new CustomEvent("shipmate:say", { detail: said }));
});
