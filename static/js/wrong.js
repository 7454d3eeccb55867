// A form that came back begins where it is wrong: the first such field has the focus.
// Not before the page is whole: an address with a fragment takes the focus to its part of the page.
const begin = () => requestAnimationFrame(() => document.querySelector("[aria-invalid=true]")?.focus());
if (document.readyState === "complete") begin();
else addEventListener("load", begin);
