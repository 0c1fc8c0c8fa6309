// Which images are selected, as in every desktop program: a click on the box, Shift for a range, Ctrl for one more.

export class Selection {
  private readonly ids = new Set<number>();
  private last: number | null = null;
  /** All images that the filters choose, also those that are not loaded. */
  all = false;

  constructor(private readonly changed: () => void) {}

  get size(): number {
    return this.ids.size;
  }

  get list(): number[] {
    return Array.from(this.ids);
  }

  has(id: number): boolean {
    return this.all || this.ids.has(id);
  }

  /** Select or leave out one; with `range`, all from the last one to it. `order`: the shown images. */
  toggle(id: number, range: boolean, order: number[]): void {
    const on = !this.has(id);
    if (this.all) for (const one of order) this.ids.add(one); // one less than all: those that are shown
    this.all = false;
    const [from, to] = [this.last === null ? -1 : order.indexOf(this.last), order.indexOf(id)];
    const some = range && from >= 0 ? order.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    for (const one of some) {
      if (on || range) this.ids.add(one);
      else this.ids.delete(one);
    }
    this.last = id;
    this.changed();
  }

  take(ids: Iterable<number>): void {
    for (const id of ids) this.ids.add(id);
    this.changed();
  }

  everything(): void {
    this.all = true;
    this.changed();
  }

  forget(id: number): void {
    if (this.ids.delete(id)) this.changed();
  }

  clear(): void {
    this.ids.clear();
    this.all = false;
    this.last = null;
    this.changed();
  }
}
