// Enhancements of plain forms. Every form also works without them.

import { confirmed } from "./dialog";
import { all, need } from "./dom";

/** Wire up everything a form may carry as data attributes. */
export function setUpForms(): void {
  for (const button of all("[data-hide-with-script]")) button.hidden = true;
  for (const select of all<HTMLSelectElement>("[data-submit-on-change]")) submitOnChange(select);
  for (const form of all<HTMLFormElement>("form")) askBeforeDeletes(form);
  for (const button of all<HTMLButtonElement>("[data-confirm]")) askFirst(button);
  for (const form of all<HTMLFormElement>("form[data-guard]")) guard(form);
  for (const form of all<HTMLFormElement>("form[method=post]")) showBusy(form);
  showFirstError();
  setUpDemoUsers();
  setUpMenus();
}

/** What was refused is in sight, wherever on the page it is, and the keyboard is where it can be mended. */
export function showFirstError(root: ParentNode = document): void {
  const error = root.querySelector<HTMLElement>("main .field__error, main .alert--danger:not([data-summary])");
  if (!error) return;
  const place = error.closest<HTMLElement>("[data-row], .field, form, section") ?? error;
  const field = place.querySelector<HTMLElement>("[aria-invalid=true]") ?? error;
  if (field === error) error.tabIndex = -1;
  // The browser goes to the address's anchor, or to where the page was, once it has loaded: the error comes after that.
  const show = () => {
    field.focus({ preventScroll: true });
    error.scrollIntoView({ block: "center" });
  };
  show();
  window.addEventListener("load", () => requestAnimationFrame(show), { once: true });
}

/** A choice that is sent at once; one that cannot be taken back by the same person asks first. */
function submitOnChange(select: HTMLSelectElement): void {
  const before = select.value;
  select.addEventListener("change", () => {
    const question = select.dataset["confirmChange"];
    if (!question) return select.form?.requestSubmit();
    void confirmed(question, "Change role").then((yes) => {
      if (yes) select.form?.requestSubmit();
      else select.value = before;
    });
  });
}

/** Rows that are saved and ticked for deletion: the button that saves asks, and names them. */
function askBeforeDeletes(form: HTMLFormElement): void {
  let asked = false;
  form.addEventListener("submit", (event) => {
    const rows = all("[data-row]", form).filter((row) => isSaved(row) && isTicked(row) && !movesObjects(row));
    if (asked || rows.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // it is not sent yet
    const names = rows.map((row) => `“${row.getAttribute("aria-label") ?? ""}”`).join(", ");
    const what = form.dataset["deletes"] ?? "Delete";
    void confirmed(`${what} ${names}? This can't be undone.`, "Delete and save").then((yes) => {
      asked = yes;
      if (yes) form.requestSubmit(event.submitter);
    });
  });
}

function isSaved(row: HTMLElement): boolean {
  return Boolean(row.querySelector<HTMLInputElement>("[name$=-number]")?.value);
}

/** A class whose objects move to another one: that can be undone. */
function movesObjects(row: HTMLElement): boolean {
  return Boolean(row.querySelector<HTMLInputElement>("[data-move-to]")?.value.trim());
}

function isTicked(row: HTMLElement): boolean {
  return Boolean(row.querySelector<HTMLInputElement>("[data-delete] input")?.checked);
}

function askFirst(button: HTMLButtonElement): void {
  let asked = false;
  button.addEventListener("click", (event) => {
    if (asked) return;
    event.preventDefault();
    void confirmed(button.dataset["confirm"] ?? "", button.textContent.trim()).then((yes) => {
      if (!yes || !button.form) return;
      asked = true;
      button.form.requestSubmit(button);
      asked = false;
    });
  });
}

/** A form that was sent shows it until the next page is there, and is not sent twice. */
function showBusy(form: HTMLFormElement): void {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) return event.preventDefault();
    sent = true;
    form.ariaBusy = "true";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return; // somebody came back to the page as it was
    sent = false;
    form.ariaBusy = null;
    for (const button of all("[aria-busy]", form)) button.removeAttribute("aria-busy");
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
