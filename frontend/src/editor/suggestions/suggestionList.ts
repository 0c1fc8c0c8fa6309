/** The list of the image's suggestions, and which of them are still open. */

import type { Size } from "../lib/geometry";
import type { Store } from "../lib/store";
import type { Patch } from "../mask/rle";
import type { State } from "../state";
import { confident, undecided, type Suggestion } from "./offer";
import type { SuggestionsState } from "./state";

export class SuggestionList {
  constructor(
    readonly store: Store<SuggestionsState>,
    private readonly editor: Store<State>,
    private readonly view: Size,
  ) {}

  /** What the server offers now. Undo can bring back what was decided on this page, which is not among it: that stays. */
  take(fresh: readonly Suggestion[]): void {
    const { all, rejected, text } = this.store.get();
    const before = new Map(all.map((one) => [one.uid, one]));
    const known = fresh.map((one) => same(before.get(one.uid), one));
    const there = new Set(known.map(({ uid }) => uid));
    const decided = new Set([...this.inUse(), ...rejected]);
    if (text.kind === "answered" && text.uid) decided.add(text.uid);
    this.set([...known, ...all.filter(({ uid }) => !there.has(uid) && decided.has(uid))]);
  }

  /** What a phrase found, instead of what the last one did; null: nothing. */
  takeFound(found: Suggestion | null): void {
    const used = this.inUse();
    const others = this.store.get().all.filter(({ method, uid }) => method !== "text" || used.has(uid));
    this.set(found ? [...others, found] : others);
  }

  /** The suggestions, or what was decided about them, are others. */
  refresh(): void {
    const { all, rejected, above } = this.store.get();
    const { kept } = this.editor.get();
    const inWork = this.inWork().map(({ uid }) => uid);
    const list = undecided(all, { kept, inWork, rejected }, this.view);
    // What a phrase found is shown alone, with its heat, until it is decided.
    const { text } = this.store.get();
    const asked = text.kind === "answered" && text.uid ? list.filter(({ uid }) => uid === text.uid) : [];
    const over = text.kind === "answered" && text.uid !== null && asked.length === 0;
    const shown = asked.length > 0 ? asked : confident(list, above);
    this.store.set({ undecided: list, shown, ...(over && { text: { kind: "idle" } }) });
  }

  private set(all: readonly Suggestion[]): void {
    this.store.set({ all });
    this.refresh();
  }

  private inWork(): { uid: string; mask: Patch }[] {
    const { open, finishing } = this.editor.get();
    return open ? [open, ...finishing] : [...finishing];
  }

  /** Uids that are kept, or about to be. */
  private inUse(): Set<string> {
    return new Set([...this.editor.get().kept, ...this.inWork()].map(({ uid }) => uid));
  }
}

/** The one that is known if it is the same: its outline is traced, and measured against what is kept. */
function same(known: Suggestion | undefined, fresh: Suggestion): Suggestion {
  const unchanged = known?.counts === fresh.counts && known.category === fresh.category && known.score === fresh.score;
  return unchanged ? known : fresh;
}
