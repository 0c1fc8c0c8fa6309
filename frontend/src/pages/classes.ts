// The class editor: adds and deletes rows; a new row gets the next free colour and key.

import { all, element, need } from "./dom";
import { deleteBox, drop, isBlank, nameOf, newRow, setUpDelete } from "./formRows";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Wire up the class rows of the page, if it has any. */
export function setUpClasses(): void {
  const section = document.querySelector<HTMLElement>("[data-classes]");
  if (section) new ClassEditor(section).start();
}

class ClassEditor {
  private readonly rows: HTMLElement;
  private readonly template: HTMLTemplateElement;
  private readonly total: HTMLInputElement;
  private readonly palette: string[];

  constructor(private readonly section: HTMLElement) {
    this.rows = need("[data-rows]", section);
    this.template = need("[data-row-template]", section);
    this.total = need("[name=classes-TOTAL_FORMS]", section);
    this.palette = (section.dataset["palette"] ?? "").split(" ");
  }

  start(): void {
    for (const row of this.all()) this.setUp(row);
    // Without scripts blank rows wait at the end; with them the button makes one when it is wanted.
    for (const row of this.all().slice(1)) if (isBlank(row)) drop(row);
    const add = need<HTMLButtonElement>("[data-add-row]", this.section);
    add.hidden = false;
    add.addEventListener("click", () => this.add());
  }

  private setUp(row: HTMLElement): void {
    setUpDelete(row, () => {
      const why = row.dataset["inUse"];
      if (why) refuse(row, why);
      return !!why;
    });
    nameOf(row).addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // Enter means "the next class", as in a list; the button saves
      const shown = this.all().filter((one) => !one.hidden);
      const next = shown[shown.indexOf(row) + 1];
      if (next) nameOf(next).focus();
      else if (!isBlank(row)) this.add();
    });
  }

  private add(): void {
    const row = newRow(this.template, this.total);
    const colors = this.taken("[data-color]");
    const keys = this.taken("[data-hotkey]");
    const color = this.palette.find((one) => !colors.has(one)) ?? this.palette[colors.size % this.palette.length];
    need<HTMLInputElement>("[data-color]", row).value = color ?? "";
    need<HTMLSelectElement>("[data-hotkey]", row).value = KEYS.find((key) => !keys.has(key)) ?? "";
    this.rows.append(row);
    this.setUp(row);
    nameOf(row).focus();
  }

  private taken(selector: string): Set<string> {
    const kept = this.all().filter((row) => !deleteBox(row).checked);
    return new Set(kept.map((row) => need<HTMLInputElement>(selector, row).value));
  }

  private all(): HTMLElement[] {
    return all("[data-row]", this.rows);
  }
}

/** Say at the row why it can't be deleted. */
function refuse(row: HTMLElement, why: string): void {
  row.querySelector(".class-row__errors")?.remove();
  const errors = element("div", "class-row__errors");
  const error = element("p", "field__error", why);
  error.role = "alert";
  errors.append(error);
  row.append(errors);
  error.scrollIntoView({ block: "nearest" });
}
