// The rows of a Django formset, for classes and attributes: added from a template, deleted with a checkbox.

import { copyOf, need } from "./dom";

/** A copy of the template's row, numbered as the form's next; `total` is the field that counts them. */
export function newRow(template: HTMLTemplateElement, total: HTMLInputElement): HTMLElement {
  const row = copyOf(template);
  row.innerHTML = row.innerHTML.replaceAll("__prefix__", total.value);
  total.value = String(Number(total.value) + 1);
  return row;
}

/** Wire up the row's tick. `refused`: whether it may not be deleted; the tick is taken back then. */
export function setUpDelete(row: HTMLElement, refused: () => boolean = () => false): void {
  const tick = deleteBox(row);
  row.classList.toggle("class-row--deleted", tick.checked);
  tick.addEventListener("change", () => {
    if (tick.checked && refused()) tick.checked = false;
    if (tick.checked && isNew(row)) drop(row);
    row.classList.toggle("class-row--deleted", tick.checked); // one that exists stays in sight until it is saved
  });
}

/** Take a row out that was never saved. Its fields stay, ticked as deleted: the form counts its rows. */
export function drop(row: HTMLElement): void {
  deleteBox(row).checked = true;
  row.hidden = true;
}

export function deleteBox(row: HTMLElement): HTMLInputElement {
  return need("[data-delete] input", row);
}

export function nameOf(row: HTMLElement): HTMLInputElement {
  return need("[data-name]", row);
}

/** Neither saved nor filled in. */
export function isBlank(row: HTMLElement): boolean {
  return isNew(row) && !nameOf(row).value.trim();
}

function isNew(row: HTMLElement): boolean {
  return !need<HTMLInputElement>("[name$=-number]", row).value;
}
