// The tab tells how it goes: a live fragment carries data-page-title and data-favicon.
function show() {
  const title = document.querySelector("[data-page-title]");
  if (title) document.title = title.dataset.pageTitle;
  const icon = document.querySelector("[data-favicon]");
  const link = document.querySelector("link[rel=icon]");
  if (icon && link.getAttribute("href") !== icon.dataset.favicon) link.setAttribute("href", icon.dataset.favicon);
}

document.addEventListener("shipmate:refreshed", (event) => {
  show();
  const words = event.detail.dataset.say;
  if (words && words !== said) document.dispatchEvent(new CustomEvent("shipmate:say", { detail: words }));
  if (words) said = words;
});

let said = document.querySelector("[data-say]")?.dataset.say;
show();

// A row of links that is wider than a phone begins where one is.
const here = document.querySelector(".side > nav [aria-current]");
if (here) {
  const row = here.parentElement;
  row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
