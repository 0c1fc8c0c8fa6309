// Small helps for plain forms; every one of them also works without.

import { confirmed } from "./dialog";
import { all, need } from "./dom";

/** Wire up everything a form may carry as data attributes. */
export function setUpForms(): void {
  for (const button of all("[data-hide-with-script]")) button.hidden = true;
  for (const select of all<HTMLSelectElement>("[data-submit-on-change]")) {
    select.addEventListener("change", () => select.form?.requestSubmit());
  }
  for (const button of all<HTMLButtonElement>("[data-confirm]")) askFirst(button);
  for (const form of all<HTMLFormElement>("form[data-guard]")) guard(form);
  setUpDemoUsers();
  setUpMenus();
}

function askFirst(button: HTMLButtonElement): void {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    void confirmed(button.dataset["confirm"] ?? "", button.textContent?.trim() ?? "Yes").then((yes) => {
      if (!yes || !button.form) return;
      // Submit with this button's own name and value, but without asking again.
      const hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = button.name;
      hidden.value = button.value;
      button.form.append(hidden);
      button.form.submit();
    });
  });
}

/** Warn before leaving a form with changes that were not sent. */
function guard(form: HTMLFormElement): void {
  const before = contents(form);
  let sending = false;
  form.addEventListener("submit", () => (sending = true));
  window.addEventListener("beforeunload", (event) => {
    if (!sending && contents(form) !== before) event.preventDefault();
  });
}

function contents(form: HTMLFormElement): string {
  return JSON.stringify(Array.from(new FormData(form).entries()));
}

function setUpDemoUsers(): void {
  for (const button of all("[data-demo-username]")) {
    button.addEventListener("click", () => {
      need<HTMLInputElement>("#id_username").value = button.dataset["demoUsername"] ?? "";
      need<HTMLInputElement>("#id_password").value = button.dataset["demoPassword"] ?? "";
      need<HTMLButtonElement>(".sign-in__form [type=submit]").focus();
    });
  }
}

/** Close a menu by a click elsewhere or Escape. */
function setUpMenus(): void {
  for (const menu of all<HTMLDetailsElement>("[data-menu]")) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target as Node)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  }
}
