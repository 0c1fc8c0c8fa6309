/** Sets the class of the selected objects and of new ones. */

import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import type { Boot, Category } from "../server/types";
import type { State } from "../state";
import type { Permission } from "./permission";

/** What choosing a class needs of the editor. */
export interface ClassContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly permission: Permission;
  readonly objects: { setCategory(number: number): void };
  readonly suggestions: { give(number: number): void };
}

/** Milliseconds for which the next key of several is waited for. */
const PATIENCE = 3000;

export class ClassChoice {
  private forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly context: ClassContext,
    private readonly storage: ValueStorage,
  ) {}

  category(number: number | null): Category | undefined {
    return this.context.boot.project.categories.find((one) => one.number === number);
  }

  /** The class for the open object, for the chosen ones or for the suggestion that is pointed at, and for those to come. */
  choose(number: number): void {
    const { boot, store, permission, objects, suggestions } = this.context;
    if (!this.category(number) || !permission.may()) return;
    store.set({ activeCategory: number });
    this.storage.write(classKey(boot), number);
    const { open, selection, selected } = store.get();
    if (open || selected || selection.length > 0) objects.setCategory(number);
    else suggestions.give(number);
  }

  /** A key (`0` – `9`, `a` – `z`) goes to the classes when it is one of theirs, or goes on with one that was begun.
   * Returns whether it did; then it means nothing else. */
  press(key: string): boolean {
    const { boot, store, permission } = this.context;
    const typed = store.get().classKeys + key;
    this.forgetKeys();
    if (!permission.canLabel) return false;
    const fitting = boot.project.categories.filter(({ hotkey }) => hotkey?.startsWith(typed));
    if (fitting.some(({ hotkey }) => hotkey === typed)) this.chooseByHotkey(typed);
    else if (fitting.length > 0) {
      store.set({ classKeys: typed });
      this.forgetting = setTimeout(() => this.forgetKeys(), PATIENCE);
    }
    return fitting.length > 0;
  }

  /** What was begun is none. Returns whether anything was. */
  forgetKeys(): boolean {
    clearTimeout(this.forgetting);
    if (!this.context.store.get().classKeys) return false;
    this.context.store.set({ classKeys: "" });
    return true;
  }

  chooseByHotkey(hotkey: string): void {
    const found = this.context.boot.project.categories.find((one) => one.hotkey === hotkey);
    if (found) this.choose(found.number);
  }
}

/** The class to begin with: the one that was used last, or the first one; null where nothing can be labeled. */
export function firstClass({ project, user }: Boot, storage: ValueStorage): number | null {
  if (!user.can_label) return null;
  const last = storage.read<number>(classKey({ project }));
  const remembered = project.categories.find(({ number }) => number === last);
  return (remembered ?? project.categories[0])?.number ?? null;
}

function classKey({ project }: Pick<Boot, "project">): string {
  return `category:${project.id}`;
}
