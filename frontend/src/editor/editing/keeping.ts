/** How objects come into the set, and leave it. Each is one entry of the journal. */

import type { Category } from "../server/page";
import { cancelled, type History } from "./history";
import type { Journey } from "./nextImage";
import { contentOf, lastDone, sameAttributes } from "../model/journal";
import { contentFor } from "../model/kept";
import type { Outbox } from "../saving/outbox";
import type { State } from "../state";
import type { Store } from "../lib/store";
import type { Toasts } from "./toasts";
import * as works from "../model/work";
import type { Workbench } from "./workbench";

/** What keeping needs of the editor. */
export interface Desk {
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly history: History;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly journey: Journey;
  category(number: number | null): Category | undefined;
  /** Whether the person may change the image now; says why not. */
  may(): boolean;
}

export class Keeping {
  constructor(private readonly desk: Desk) {}

  /** A kept object has its last mask. */
  finished(work: works.Work): void {
    const { bench, journey, store, toasts } = this.desk;
    if (work.mask.runs.length === 0) {
      bench.close(work.uid);
      const restore = () => bench.show(work);
      const text = "The mask was empty, so the object wasn't kept.";
      return toasts.say(text, { label: "Open the object", run: restore }, true);
    }
    this.commit(work);
    if (store.get().finishing.length === 0) journey.finished();
  }

  /** Into the journal and the outbox: a new object, or what is different about a kept one. */
  commit(work: works.Work): void {
    const { desk } = this;
    const { category: chosen } = works.recipeOf(work);
    const category = desk.category(chosen) ? chosen : desk.store.get().activeCategory;
    if (category === null) return;
    const uid = work.source ?? work.uid;
    const before = desk.outbox.shown.find((one) => one.uid === uid) ?? null;
    const after = contentFor(work, before, category);
    const same = before?.category === category && before.counts === after.counts;
    if (same && sameAttributes(before.attributes, after.attributes)) return desk.bench.close(work.uid);
    const isKept = desk.history.commit("keep", category, [{ uid, before, after }], works.withoutRedo(work));
    const { open } = desk.bench;
    if (!isKept && (!open || open.uid === work.uid)) return desk.bench.reject(work);
    if (!isKept) desk.history.note(cancelled(work)); // behind another object: undo brings it back
    desk.bench.close(work.uid);
  }

  /** Out of the set; an open copy of it closes. */
  remove(uid: string): void {
    const { bench, history, outbox } = this.desk;
    const before = outbox.shown.find((one) => one.uid === uid);
    if (!before) return;
    const work = bench.open?.source === uid ? bench.open : null;
    if (work) bench.close(work.uid);
    const { category } = before;
    history.commit("delete", category, [{ uid, before: contentOf(before), after: null }], work);
    this.offerUndo(`${this.desk.category(category)?.name ?? "Object"} deleted.`, "Undo");
  }

  /** Say what was just done, with a way to take it back. */
  offerUndo(text: string, label: string, untilNext = false): void {
    const { history, toasts } = this.desk;
    const entry = lastDone(history.journal);
    toasts.say(text, { label, run: () => this.desk.may() && history.undoThis(entry) }, untilNext);
  }
}
