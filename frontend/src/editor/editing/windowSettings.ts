/** A person's choices for the window: folded panels, small windows, what is shown. */

import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { Toolbox } from "./tools/toolbox";

/** What these settings need of the editor. */
export interface WindowContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly tools: Toolbox;
}

export class WindowSettings {
  private readonly smallKey: string;

  constructor(
    private readonly context: WindowContext,
    private readonly storage: ValueStorage,
  ) {
    this.smallKey = `small-window:${context.boot.user.id}`;
  }

  /** Nothing can be changed while `on`. */
  viewOnly(on: boolean): void {
    const { store, tools } = this.context;
    if (on === store.get().viewOnly) return;
    store.set({ viewOnly: on });
    if (on) tools.rest();
  }

  /** What this person does in windows that are too small to label in; null: they are asked. */
  get smallWindow(): "view" | "label" | null {
    return this.storage.read(this.smallKey);
  }

  set smallWindow(choice: "view" | "label" | null) {
    this.storage.write(this.smallKey, choice);
  }

  /** Whether a section of the panels is folded; null: nobody ever said. */
  isFolded(section: string): boolean | null {
    return this.storage.read<boolean>(`folded:${section}`);
  }

  fold(section: string, folded: boolean): void {
    this.storage.write(`folded:${section}`, folded);
  }

  toggle(what: "hidden" | "help" | "cutting"): void {
    const { store } = this.context;
    store.set({ [what]: !store.get()[what] });
  }
}
