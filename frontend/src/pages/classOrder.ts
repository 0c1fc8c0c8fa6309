// The order of rows: by dragging their handles, or with ↑ ↓ Home End on one that has the focus.

import { all, need } from "./dom";

const EDGE = 60; // pixels from the window's top and bottom in which dragging scrolls

export class RowOrder {
  constructor(
    private readonly rows: HTMLElement,
    /** Called with what happened, in words, after a row moved. */
    private readonly say: (news: string) => void,
  ) {}

  /** Wire up the handle of a row. The field with its place is for browsers without scripts. */
  setUp(row: HTMLElement): void {
    const handle = need("[data-handle]", row);
    handle.hidden = false;
    need("[data-place]", row).hidden = true;
    handle.addEventListener("keydown", (event) => this.press(event, row));
    handle.addEventListener("pointerdown", (event) => this.drag(event, row, handle));
  }

  /** Write the places of all rows into their fields. */
  number(): void {
    this.shown().forEach((row, index) => {
      need<HTMLInputElement>("[data-place]", row).value = String(index + 1);
    });
  }

  private press(event: KeyboardEvent, row: HTMLElement): void {
    const rows = this.shown();
    const at = rows.indexOf(row);
    const goals: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 };
    const wanted = goals[event.key];
    if (wanted === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const to = Math.min(rows.length - 1, Math.max(0, wanted));
    if (to === at) return;
    this.move(row, rows[to]!, to > at);
    need("[data-handle]", row).focus(); // it was taken out of the page for a moment
    row.scrollIntoView({ block: "nearest" });
    this.tell(row);
  }

  private drag(event: PointerEvent, row: HTMLElement, handle: HTMLElement): void {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    row.classList.add("class-row--dragged");
    const before = this.shown().indexOf(row);
    const follow = ({ clientY }: PointerEvent) => {
      if (clientY < EDGE) scrollBy(0, clientY - EDGE);
      else if (clientY > innerHeight - EDGE) scrollBy(0, clientY - innerHeight + EDGE);
      this.follow(row, clientY);
    };
    const end = () => {
      handle.removeEventListener("pointermove", follow);
      row.classList.remove("class-row--dragged");
      if (this.shown().indexOf(row) !== before) this.tell(row);
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", end, { once: true });
  }

  /** Put the row where the pointer is: past each neighbour whose middle the pointer has passed. */
  private follow(row: HTMLElement, y: number): void {
    const rows = this.shown();
    const at = rows.indexOf(row);
    const middle = (one: HTMLElement) => one.getBoundingClientRect().top + one.offsetHeight / 2;
    const above = rows.slice(0, at).find((one) => y < middle(one));
    const below = rows.slice(at + 1).findLast((one) => y > middle(one));
    if (above) this.move(row, above, false);
    else if (below) this.move(row, below, true);
  }

  private move(row: HTMLElement, other: HTMLElement, after: boolean): void {
    const handle = need("[data-handle]", row);
    const dragged = row.classList.contains("class-row--dragged");
    // While it is dragged, the row stays where it is in the page and the others move around it: a row that is taken
    // out loses the pointer.
    if (dragged) this.moveOthers(row, other, after);
    else if (after) other.after(row);
    else other.before(row);
    this.number();
    if (dragged) handle.focus();
  }

  private moveOthers(row: HTMLElement, other: HTMLElement, after: boolean): void {
    const rows = this.shown();
    const [at, to] = [rows.indexOf(row), rows.indexOf(other)];
    const passed = after ? rows.slice(at + 1, to + 1) : rows.slice(to, at).reverse();
    for (const one of passed) {
      if (after) row.before(one);
      else row.after(one);
    }
  }

  private tell(row: HTMLElement): void {
    const rows = this.shown();
    const name = need<HTMLInputElement>("[data-name]", row).value || "The new class";
    this.say(`${name} is number ${rows.indexOf(row) + 1} of ${rows.length}.`);
  }

  private shown(): HTMLElement[] {
    return all("[data-row]", this.rows).filter((row) => !row.hidden);
  }
}
