/** The filmstrip: the project's images around the open one, or those that match a filter. */

import type { ImageItem } from "../../shared/types";
import type { ValueStorage } from "../lib/storage";
import { Store } from "../lib/store";
import type { Api } from "../server/api";
import type { Which } from "../server/types";

export interface Filter {
  readonly which: Which;
  /** Only images with an object of this class. */
  readonly category: number | null;
}

export interface FilmstripState {
  readonly shown: boolean;
  readonly filter: Filter;
  readonly items: readonly ImageItem[];
  readonly state: "idle" | "loading" | "failed";
  /** Whether there are more on either side. */
  readonly before: boolean;
  readonly after: boolean;
}

export const EVERYTHING: Filter = { which: "all", category: null };
const PAGE = 30;

export class Filmstrip {
  readonly store: Store<FilmstripState>;
  private at = 0;
  /** Raised by every new list: an answer to an older question is dropped. */
  private question = 0;
  private more: Promise<void> | null = null;

  constructor(
    private readonly api: Api,
    private readonly storage: ValueStorage,
    private readonly project: number,
  ) {
    const filter = storage.read<Filter>(this.key) ?? EVERYTHING;
    const shown = storage.read<boolean>("strip") ?? false;
    this.store = new Store<FilmstripState>({ shown, filter, items: [], state: "idle", before: true, after: true });
  }

  /** Whether next and previous go along the filmstrip, not along what the project offers. */
  get filtered(): boolean {
    const { which, category } = this.store.get().filter;
    return which !== "all" || category !== null;
  }

  toggle(): void {
    const shown = !this.store.get().shown;
    this.store.set({ shown });
    this.storage.write("strip", shown);
    if (shown) void this.fill();
  }

  choose(filter: Filter): void {
    this.storage.write(this.key, filter);
    this.store.set({ filter });
    void this.load();
  }

  /** The image that is open now. */
  open(image: number): void {
    this.at = image;
    if (this.store.get().shown || this.filtered) void this.fill();
  }

  /** What was done to an image: its mark changes, its place stays, also where it does not fit the filter any more. */
  update(image: number, change: Partial<Pick<ImageItem, "status" | "objects" | "skipped" | "note">>): void {
    const { items } = this.store.get();
    const differs = (one: ImageItem) =>
      one.id === image && Object.entries(change).some(([name, value]) => one[name as keyof ImageItem] !== value);
    if (!items.some(differs)) return;
    this.store.set({ items: items.map((one) => (one.id === image ? { ...one, ...change } : one)) });
  }

  /** The editor's address of the next (1) or previous (-1) image along the filmstrip; null at its end. */
  async step(image: number, by: 1 | -1): Promise<string | null> {
    if (this.store.get().items.length === 0) await this.load();
    const beyond = () => {
      const { items } = this.store.get();
      return by > 0 ? items.find(({ id }) => id > image) : items.findLast(({ id }) => id < image);
    };
    if (!beyond()) await this.extend(by);
    return beyond()?.editor ?? null;
  }

  /** Load more at the end (1) or the beginning (-1). */
  async extend(by: 1 | -1): Promise<void> {
    if (this.more) await this.more;
    const { items, before, after, state } = this.store.get();
    if (state === "loading" || !(by > 0 ? after : before) || items.length === 0) return;
    const question = this.question;
    const end = by > 0 ? items.at(-1)!.id : items[0]!.id;
    this.more = this.api
      .images({ ...this.query(), [by > 0 ? "after" : "before"]: end, limit: PAGE })
      .then(({ results, next, previous }) => {
        if (question !== this.question) return;
        const { items } = this.store.get();
        if (by > 0) this.store.set({ items: [...items, ...results], after: (next ?? null) !== null });
        else this.store.set({ items: [...results, ...items], before: (previous ?? null) !== null });
      })
      .catch(() => {})
      .finally(() => (this.more = null));
    await this.more;
  }

  /** Load the list, unless the open image is in it. */
  private async fill(): Promise<void> {
    const { items, state } = this.store.get();
    if (state !== "loading" && !items.some(({ id }) => id === this.at)) await this.load();
  }

  async load(): Promise<void> {
    const question = ++this.question;
    this.store.set({ state: "loading", items: [] });
    try {
      const [earlier, later] = await Promise.all([
        this.api.images({ ...this.query(), before: this.at, limit: PAGE }),
        this.api.images({ ...this.query(), after: this.at - 1, limit: PAGE }),
      ]);
      if (question !== this.question) return;
      const items = [...earlier.results, ...later.results];
      const before = (earlier.previous ?? null) !== null;
      this.store.set({ state: "idle", items, before, after: (later.next ?? null) !== null });
    } catch {
      if (question === this.question) this.store.set({ state: "failed" });
    }
  }

  private query(): Record<string, string | number> {
    const { which, category } = this.store.get().filter;
    return { filter: which, ...(category !== null && { category }) };
  }

  private get key(): string {
    return `filter:${this.project}`;
  }
}
