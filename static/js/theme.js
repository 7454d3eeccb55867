// The theme key: as the system, light, dark. The choice is a cookie and the server writes data-theme,
// so that the next page is right from its first paint.
const names = { "": "as the system", light: "light", dark: "dark" };
const root = document.documentElement;

function show(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const key of document.querySelectorAll("[data-theme-switch]")) {
    key.setAttribute("aria-label", `Theme: ${names[theme]}`);
    key.title = `Theme: ${names[theme]}`;
    for (const sign of key.querySelectorAll("[data-theme-sign]")) {
      sign.toggleAttribute("hidden", sign.dataset.themeSign !== (theme || "system"));
    }
    key.hidden = false;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const order = Object.keys(names);
  const theme = order[(order.indexOf(root.dataset.theme ?? "") + 1) % order.length];
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  show(theme);
});

show(root.dataset.theme ?? "");
