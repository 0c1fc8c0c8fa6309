/** The selected and the hovered objects. Selecting works as in the lists of desktop programs. */

import type { Point } from "../lib/geometry";
import type { Store } from "../lib/store";
import { covers } from "../mask/rle";
import type { Kept } from "../model/kept";
import { isShown } from "../model/marks";
import { isBlank } from "../model/work";
import type { State } from "../state";
import type { Toasts } from "./toasts";
import type { Workbench } from "./workbench";

/** What choosing needs of the editor. */
export interface SelectionContext {
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly openObject: { keep(): void };
}

export class ObjectSelection {
  /** Where a range of chosen objects begins. */
  private anchor: string | null = null;

  constructor(private readonly context: SelectionContext) {
    context.store.watch((state, before) => {
      if (state.kept !== before.kept) this.forgetGone(state);
      if (state.open && !before.open && state.selection.length > 0) context.store.set({ selection: [] });
    });
  }

  select(selected: string | null): void {
    this.context.store.set({ selected, selection: [] });
  }

  hover(hovered: string | null): void {
    this.context.store.set({ hovered });
  }

  /** The topmost kept object at a view point that is shown and may be changed. */
  keptAt({ x, y }: Point): Kept | undefined {
    const { kept, marks, hidden } = this.state;
    if (hidden) return undefined;
    const can = (uid: string) => isShown(marks, uid) && !marks.locked.has(uid);
    return kept.findLast(({ uid, patch }) => can(uid) && covers(patch, x, y));
  }

  /** The kept object of this name. */
  there(uid: string): Kept | undefined {
    return this.state.kept.find((one) => one.uid === uid);
  }

  /** Choose this one alone; the open object is kept first, if it is another one. Nothing is opened. */
  pick(uid: string): void {
    if (this.state.open?.source === uid) return;
    this.settleOpen();
    this.anchor = uid;
    this.choose([uid]);
  }

  /** Choose this one too, or not any more. */
  toggle(uid: string): void {
    this.settleOpen();
    this.anchor = uid;
    const { selection, selected } = this.state;
    const before = selection.length === 0 && selected && this.there(selected) ? [selected] : selection;
    const after = before.includes(uid) ? before.filter((one) => one !== uid) : [...before, uid];
    this.choose(after);
  }

  /** Choose everything from the one that was picked last to this; with those chosen before, if `adding`. */
  extend(uid: string, adding = false): void {
    this.settleOpen();
    const { kept, selection, selected } = this.state;
    const order = kept.map((one) => one.uid);
    const anchor = [this.anchor, selection.at(-1), selected].find((one) => one && order.includes(one)) ?? uid;
    const [from, to] = [order.indexOf(anchor), order.indexOf(uid)];
    const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
    if (from > to) range.reverse();
    this.anchor = anchor;
    this.choose([...new Set([...(adding ? selection : []), ...range])]);
  }

  all(): void {
    this.settleOpen();
    this.choose(this.state.kept.map(({ uid }) => uid));
  }

  choose(selection: readonly string[]): void {
    this.context.store.set({ selection, selected: null });
  }

  /** What a command is about: the chosen objects, or the open one, or the one that is pointed at. */
  get subjects(): readonly Kept[] {
    const { selection, open, selected, hovered } = this.state;
    if (selection.length > 0) return selection.flatMap((uid) => this.there(uid) ?? []);
    const uid = open ? (open.source ?? open.uid) : (selected ?? hovered);
    const found = uid ? this.there(uid) : undefined;
    return found ? [found] : [];
  }

  /** Keep the open object first; false when that needs its mask, or a moment. */
  settleOpen(): boolean {
    const { bench, openObject, store, toasts } = this.context;
    if (!store.get().open) return true;
    openObject.keep();
    const { open: still, finishing } = store.get();
    if (still && isBlank(still)) {
      bench.close(still.uid);
      return true;
    }
    if (!still && finishing.length === 0) return true;
    if (!still) toasts.say("Wait for the object's mask, then try again.");
    return false;
  }

  private get state(): State {
    return this.context.store.get();
  }

  /** Objects that are gone are not chosen any more. */
  private forgetGone({ kept, selection }: State): void {
    const there = new Set(kept.map(({ uid }) => uid));
    if (!selection.some((uid) => !there.has(uid))) return;
    this.context.store.set({ selection: selection.filter((uid) => there.has(uid)) });
  }
}
