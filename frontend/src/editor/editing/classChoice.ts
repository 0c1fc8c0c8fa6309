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

export class ClassChoice {
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
