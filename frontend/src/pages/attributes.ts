// The attributes' rows: add and delete them; choices only where there is something to choose.

import { all, copyOf, need } from "./dom";

/** Wire up the attribute rows of the page, if it has any. */
export function setUpAttributes(): void {
  const form = document.querySelector<HTMLElement>("[data-attributes]");
  if (!form) return;
  const rows = need("[data-rows]", form);
  const total = need<HTMLInputElement>("[name=attributes-TOTAL_FORMS]", form);
  for (const row of all("[data-row]", rows)) {
    setUp(row);
    // Without scripts a blank row waits at the end; with them the button makes one when it is wanted.
    if (isBlank(row)) drop(row);
  }
  const add = need<HTMLButtonElement>("[data-add-row]", form);
  add.hidden = false;
  add.addEventListener("click", () => {
    const row = copyOf(need<HTMLTemplateElement>("[data-row-template]", form));
    row.innerHTML = row.innerHTML.replaceAll("__prefix__", total.value);
    total.value = String(Number(total.value) + 1);
    rows.append(row);
    setUp(row);
    nameOf(row).focus();
  });
}

function setUp(row: HTMLElement): void {
  const kind = need<HTMLInputElement | HTMLSelectElement>("[data-kind]", row);
  const choices = need<HTMLInputElement>("[data-choices]", row);
  const show = () => choices.classList.toggle("attribute-choices--none", kind.value !== "choice");
  kind.addEventListener("change", show);
  show();
  const tick = deleteBox(row);
  row.classList.toggle("class-row--deleted", tick.checked);
  tick.addEventListener("change", () => {
    if (tick.checked && isNew(row)) drop(row);
    row.classList.toggle("class-row--deleted", tick.checked); // one that exists stays in sight until it is saved
  });
}

/** Take a row out that was never saved. Its fields stay, ticked as deleted: the form counts its rows. */
function drop(row: HTMLElement): void {
  deleteBox(row).checked = true;
  row.hidden = true;
}

function deleteBox(row: HTMLElement): HTMLInputElement {
  return need("[data-delete] input", row);
}

function nameOf(row: HTMLElement): HTMLInputElement {
  return need("[data-name]", row);
}

function isNew(row: HTMLElement): boolean {
  return !need<HTMLInputElement>("[name$=-number]", row).value;
}

function isBlank(row: HTMLElement): boolean {
  return isNew(row) && !nameOf(row).value.trim();
}
