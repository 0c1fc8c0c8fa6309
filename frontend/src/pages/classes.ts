// The class editor: adds, deletes, orders and finds rows; a new row gets the next free colour and key.

import { RowOrder } from "./classOrder";
import { pastedClasses, type PastedClass } from "./classPaste";
import { all, need } from "./dom";
import { deleteBox, drop, isBlank, nameOf, newRow, setUpDelete } from "./formRows";

/** From how many classes on they can be searched. */
const MANY = 10;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** Wire up the class rows of the page, if it has any. */
export function setUpClasses(): void {
  const section = document.querySelector<HTMLElement>("[data-classes]");
  if (section) new ClassEditor(section).start();
}

/** The quickest key that is not taken, as the server chooses it: 1 – 9, 0 and a digit, 0 and two letters. */
export function freeKey(taken: ReadonlySet<string>, name = ""): string {
  const letters = name.toLowerCase().replace(/[^a-z]/g, "");
  const all = Array.from(LETTERS);
  const own = Array.from(letters.slice(1), (second) => letters.charAt(0) + second);
  const others = [letters.charAt(0), ...all].flatMap((first) => all.map((second) => first + second));
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(String);
  const begun = [...digits, ...own, ...others].filter((keys) => keys.length === 2 || digits.includes(keys));
  return [...digits, ...begun.map((keys) => `0${keys}`)].find((key) => !taken.has(key)) ?? "";
}

class ClassEditor {
  private readonly rows: HTMLElement;
  private readonly template: HTMLTemplateElement;
  private readonly total: HTMLInputElement;
  private readonly palette: string[];
  private readonly order: RowOrder;
  private readonly search: HTMLInputElement;

  constructor(private readonly section: HTMLElement) {
    this.rows = need("[data-rows]", section);
    this.template = need("[data-row-template]", section);
    this.total = need("[name=classes-TOTAL_FORMS]", section);
    this.palette = (section.dataset["palette"] ?? "").split(" ");
    this.search = need("[data-class-search]", section);
    const news = need("[data-class-news]", section);
    this.order = new RowOrder(this.rows, (text) => (news.textContent = text));
  }

  start(): void {
    for (const row of this.all()) this.setUp(row);
    // Without scripts blank rows wait at the end; with them the button makes one when it is wanted.
    for (const row of this.all().slice(1)) if (isBlank(row)) drop(row);
    this.order.number();
    const add = need<HTMLButtonElement>("[data-add-row]", this.section);
    add.hidden = false;
    add.addEventListener("click", () => this.add());
    need("[data-class-tools]", this.section).hidden = false;
    this.search.hidden = this.all().length <= MANY;
    this.search.addEventListener("input", () => this.find());
    this.search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    need("[data-class-all]", this.section).addEventListener("click", () => this.showAll());
    const paste = need("[data-paste-classes]", this.section);
    paste.addEventListener("click", () => void pastedClasses().then((found) => this.take(found)));
  }

  private setUp(row: HTMLElement): void {
    setUpDelete(row);
    this.order.setUp(row);
    deleteBox(row).addEventListener("change", () => {
      if (deleteBox(row).checked) row.querySelector<HTMLInputElement>("[data-move-to]")?.focus();
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

  private add(given?: PastedClass): HTMLElement {
    const row = newRow(this.template, this.total);
    const colors = this.taken("[data-color]");
    const keys = this.taken("[data-hotkey]");
    const color = this.palette.find((one) => !colors.has(one)) ?? this.palette[colors.size % this.palette.length];
    need<HTMLInputElement>("[data-color]", row).value = given?.color ?? color ?? "";
    const hotkey = given?.hotkey && !keys.has(given.hotkey) ? given.hotkey : freeKey(keys, given?.name);
    need<HTMLInputElement>("[data-hotkey]", row).value = hotkey;
    this.rows.append(row);
    this.setUp(row);
    this.order.number();
    if (given) {
      nameOf(row).value = given.name;
      need<HTMLSelectElement>("[data-class-kind]", row).value = given.kind;
    } else {
      this.showAll();
      nameOf(row).focus();
    }
    return row;
  }

  /** Add what was pasted and is not there by name. */
  private take(found: readonly PastedClass[]): void {
    const known = new Set(this.kept().map((row) => nameOf(row).value.trim().toLowerCase()));
    const wanted = found.filter(({ name }) => !known.has(name.toLowerCase()));
    if (wanted.length > 0) for (const row of this.kept()) if (isBlank(row)) drop(row);
    for (const one of wanted) this.add(one);
    this.search.hidden = this.all().length <= MANY;
    this.showAll();
    const left = found.length - wanted.length;
    const there = left > 0 ? ` ${left} ${left === 1 ? "was" : "were"} there already.` : "";
    const added = `${wanted.length} ${wanted.length === 1 ? "class" : "classes"} added.${there} Save to keep them.`;
    if (found.length > 0) need("[data-class-news]", this.section).textContent = added;
  }

  /** Show the rows whose names have every word; the others stay in the form. */
  private find(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of this.kept()) {
      const fits = words.every((word) => nameOf(row).value.toLowerCase().includes(word));
      row.classList.toggle("class-row--filtered", !fits);
      if (fits) shown += 1;
    }
    this.rows.classList.toggle("class-rows--filtered", words.length > 0);
    need("[data-class-none]", this.section).hidden = shown > 0;
  }

  private showAll(): void {
    this.search.value = "";
    this.find();
  }

  private taken(selector: string): Set<string> {
    const kept = this.all().filter((row) => !deleteBox(row).checked);
    return new Set(kept.map((row) => need<HTMLInputElement>(selector, row).value));
  }

  private kept(): HTMLElement[] {
    return this.all().filter((row) => !row.hidden);
  }

  private all(): HTMLElement[] {
    return all("[data-row]", this.rows);
  }
}
