/** Hides, locks and isolates objects, for one person in their browser. */

import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import * as marks from "../model/marks";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { ObjectSelection } from "./selection";
import type { Toasts } from "./toasts";

/** What marking needs of the editor. */
export interface MarksContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly selection: ObjectSelection;
}

export class ObjectMarks {
  private readonly key: string;

  constructor(
    private readonly context: MarksContext,
    private readonly storage: ValueStorage,
  ) {
    const { boot, store } = context;
    this.key = `marks:${boot.user.id}:${boot.image.id}`;
    store.set({ marks: marks.readMarks(storage, this.key) });
    store.watch((state, before) => {
      if (state.kept !== before.kept) this.forgetGone(state);
    });
  }

  /** These get the mark, or lose it when all have it. */
  mark(mark: marks.Mark, uids = this.chosen): void {
    if (uids.length === 0) return this.context.toasts.say("Select an object first.");
    this.set(marks.toggled(this.state.marks, mark, uids));
  }

  isolate(): void {
    const uids = this.chosen;
    if (uids.length === 0 && !this.state.marks.isolated) return this.context.toasts.say("Select an object first.");
    this.set(marks.isolated(this.state.marks, uids));
  }

  isLocked(uid: string): boolean {
    return this.state.marks.locked.has(uid);
  }

  private get state(): State {
    return this.context.store.get();
  }

  private get chosen(): readonly string[] {
    return this.context.selection.subjects.map(({ uid }) => uid);
  }

  private set(after: marks.Marks): void {
    this.context.store.set({ marks: after });
    const there = this.state.kept.map(({ uid }) => uid);
    marks.writeMarks(this.storage, this.key, after, there);
  }

  /** When all isolated objects are gone, the others are shown again. */
  private forgetGone({ kept, marks: marked }: State): void {
    const there = new Set(kept.map(({ uid }) => uid));
    if (!marked.isolated || [...marked.isolated].some((uid) => there.has(uid))) return;
    this.context.store.set({ marks: { ...marked, isolated: null } });
  }
}
