/** Short messages that disappear by themselves, with at most one action. */

import type { Store } from "../lib/store";
import type { State, Toast } from "../state";

const SHOWN_MS = 7_000;

export class Toasts {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly store: Store<State>) {}

  /** `untilNext`: what it offers is only possible until the next object is begun. */
  say(text: string, action: Toast["action"] = null, untilNext = false): void {
    clearTimeout(this.timer);
    this.store.set({ toast: { text, action, untilNext } });
    this.timer = setTimeout(() => this.store.set({ toast: null }), SHOWN_MS);
  }

  /** Do what the toast offers. */
  run(): void {
    const action = this.store.get().toast?.action;
    this.store.set({ toast: null });
    action?.run();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  /** Another object is begun. */
  next(): void {
    if (this.store.get().toast?.untilNext) this.store.set({ toast: null });
  }
}
