// The theme choice in the account menu. static/theme.js applies it before the first paint of the next page.

import { all } from "./dom";

/** Make the radio buttons show and change the theme. An empty value is the system's. */
export function setUpTheme(): void {
  const inputs = all<HTMLInputElement>("[data-theme-choice] input");
  const chosen = document.documentElement.dataset["theme"] ?? "";
  for (const input of inputs) {
    input.checked = input.value === chosen;
    input.addEventListener("change", () => choose(input.value));
  }
}

function choose(theme: string): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
  try {
    if (theme) localStorage.setItem("theme", theme);
    else localStorage.removeItem("theme");
  } catch {
    // Storage is switched off: the choice holds for this page only.
  }
}
