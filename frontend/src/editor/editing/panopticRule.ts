/** Applies the rule of panoptic projects, one object per pixel: a kept object takes its pixels from those below it. */

import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import { apply } from "../model/changes";
import { contentOf, type ObjectChange } from "../model/journal";
import { zOnTop } from "../model/order";
import { claim, fit, type Claim } from "../model/panoptic";
import type { Work } from "../model/work";
import type { Outbox } from "../saving/outbox";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { ClassChoice } from "./classChoice";
import type { History } from "./history";
import type { Keeping } from "./keeping";
import type { ObjectSelection } from "./selection";
import type { Toasts } from "./toasts";

/** What the rule needs of the editor. */
export interface PanopticContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly history: History;
  readonly toasts: Toasts;
  readonly keeping: Keeping;
  readonly selection: ObjectSelection;
  readonly classes: ClassChoice;
}

export class PanopticRule {
  /** Whether the project has it; the server may know better than the page did when it was loaded. */
  on: boolean;
  private readonly key: string;
  private claimed: (Pick<State, "kept" | "marks" | "yields"> & { open: Work; claim: Claim }) | null = null;

  constructor(
    private readonly context: PanopticContext,
    private readonly storage: ValueStorage,
  ) {
    const { boot, store } = context;
    this.on = boot.project.panoptic;
    this.key = `yields:${boot.user.id}`;
    store.set({ yields: storage.read<boolean>(this.key) ?? false });
  }

  toggleYields(): void {
    if (!this.on)
      return this.context.toasts.say("This works only in panoptic mode. Objects may overlap in this project.");
    const yields = !this.state.yields;
    this.context.store.set({ yields });
    this.storage.write(this.key, yields);
  }

  /** What the open object would get, and take, if it were kept now; null where objects may overlap. */
  claimOf(open: Work): Claim | null {
    if (!this.on || open.mask.runs.length === 0) return null;
    const { kept, yields, marks: marked } = this.state;
    const same = this.claimed?.open === open && this.claimed.kept === kept && this.claimed.marks === marked;
    if (same && this.claimed!.yields === yields) return this.claimed!.claim;
    const uid = open.source ?? open.uid;
    const z = this.context.selection.there(uid)?.z ?? zOnTop(kept);
    const found = claim({ uid, z, patch: open.mask }, kept, { yields, locked: marked.locked }, this.context.boot.image);
    this.claimed = { open, kept, marks: marked, yields, claim: found };
    return found;
  }

  /** The changes, with what they take from others in a panoptic project; null when nothing would be left of one. */
  fit(changes: readonly ObjectChange[]): readonly ObjectChange[] | null {
    if (!this.on) return changes;
    const { yields, marks: marked, kept } = this.state;
    const objects = kept.map(({ uid, z, patch }) => ({ uid, z, patch, content: this.content(uid) }));
    const found = fit(changes, objects, { yields, locked: marked.locked }, this.context.boot.image);
    if (found.blocked) {
      const names = new Set(found.blocked.by.map((uid) => this.name(uid)));
      const way = yields ? " Press Y to take them." : " Those objects are above it or locked.";
      this.context.toasts.say(`All pixels of this object belong to other objects (${[...names].join(", ")}).${way}`);
      return null;
    }
    if (found.covered > 0) {
      const what = found.covered === 1 ? "1 object was" : `${found.covered} objects were`;
      queueMicrotask(() => this.context.keeping.offerUndo(`${what} covered completely and removed.`, "Undo"));
    }
    return found.changes;
  }

  /** What the server refuses because it overlaps is done again so that it does not. */
  refit(): void {
    const { outbox, history } = this.context;
    const withdrawn = outbox.withdraw("overlap");
    const before = new Map(outbox.shown.map((one) => [one.uid, contentOf(one)]));
    const after = new Map(apply(outbox.shown, withdrawn).map((one) => [one.uid, contentOf(one)]));
    this.on = true;
    const uids = [...new Set([...before.keys(), ...after.keys()])];
    const changes = uids
      .map((uid) => ({ uid, before: before.get(uid) ?? null, after: after.get(uid) ?? null }))
      .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after));
    const others = withdrawn.filter(({ kind }) => kind === "status" || kind === "note");
    if (history.commit("fit", null, changes)) outbox.add(...others);
    else outbox.add(...withdrawn); // it can't be: it waits as before
  }

  private get state(): State {
    return this.context.store.get();
  }

  private name(uid: string): string {
    const { classes, selection } = this.context;
    return classes.category(selection.there(uid)?.category ?? null)?.name ?? "object";
  }

  private content(uid: string) {
    return contentOf(this.context.outbox.shown.find((one) => one.uid === uid)!);
  }
}
