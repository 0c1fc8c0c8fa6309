// The attribute rows of a form: adds and deletes them, and shows the choices of choice attributes.

import { all, need } from "./dom";
import { drop, isBlank, nameOf, newRow, setUpDelete } from "./formRows";

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
    const row = newRow(need("[data-row-template]", form), total);
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
  setUpDelete(row);
}
