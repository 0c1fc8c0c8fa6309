/** Adds objects to the annotation set and removes them. Each is one journal entry. */

import type { Store } from "../lib/store";
import { contentOf, lastDone, sameAttributes } from "../model/journal";
import { contentFor } from "../model/kept";
import * as works from "../model/work";
import type { Outbox } from "../saving/outbox";
import type { Category } from "../server/types";
import type { State } from "../state";
import { cancelled, type History } from "./history";
import type { NextImage } from "./nextImage";
import type { Permission } from "./permission";
import type { Toasts } from "./toasts";
import type { Workbench } from "./workbench";

/** What keeping needs of the editor. */
export interface KeepingContext {
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly history: History;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly nextImage: NextImage;
  readonly permission: Permission;
  readonly classes: { category(number: number | null): Category | undefined };
  readonly tools: { rest(): void };
}

export class Keeping {
  constructor(private readonly context: KeepingContext) {}

  /** A kept object has its last mask. */
  finished(work: works.Work): void {
    const { bench, nextImage, store, toasts } = this.context;
    if (work.mask.runs.length === 0) {
      bench.close(work.uid);
      const restore = () => bench.show(work);
      const text = "The mask was empty, so the object wasn't kept.";
      return toasts.say(text, { label: "Open the object", run: restore }, true);
    }
    this.commit(work);
    if (store.get().finishing.length === 0) nextImage.finished();
  }

  /** Into the journal and the outbox: a new object, or what is different about a kept one. */
  commit(work: works.Work): void {
    const { context } = this;
    const { category: chosen } = works.recipeOf(work);
    const category = context.classes.category(chosen) ? chosen : context.store.get().activeCategory;
    if (category === null) return;
    const uid = work.source ?? work.uid;
    const before = context.outbox.shown.find((one) => one.uid === uid) ?? null;
    const after = contentFor(work, before, category);
    const same = before?.category === category && before.counts === after.counts;
    if (same && sameAttributes(before.attributes, after.attributes)) return context.bench.close(work.uid);
    const isKept = context.history.commit("keep", category, [{ uid, before, after }], works.withoutRedo(work));
    const { open } = context.bench;
    if (!isKept && (!open || open.uid === work.uid)) return context.bench.reject(work);
    if (!isKept) context.history.note(cancelled(work)); // behind another object: undo brings it back
    context.bench.close(work.uid);
  }

  /** Nothing can be kept here any more: what is in work becomes an unsaved change, which can be downloaded. */
  setAside(): void {
    const { bench, store, tools } = this.context;
    const { open, finishing } = store.get();
    for (const work of open ? [...finishing, open] : finishing) {
      if (work.mask.runs.length > 0) this.commit(work);
      else bench.close(work.uid);
    }
    tools.rest();
  }

  /** Out of the set; an open copy of it closes. */
  remove(uid: string): void {
    const { bench, history, outbox } = this.context;
    const before = outbox.shown.find((one) => one.uid === uid);
    if (!before) return;
    const work = bench.open?.source === uid ? bench.open : null;
    if (work) bench.close(work.uid);
    const { category } = before;
    history.commit("delete", category, [{ uid, before: contentOf(before), after: null }], work);
    this.offerUndo(`${this.context.classes.category(category)?.name ?? "Object"} deleted.`, "Undo");
  }

  /** Say what was just done, with a way to take it back. */
  offerUndo(text: string, label: string, untilNext = false): void {
    const { history, toasts } = this.context;
    const entry = lastDone(history.journal);
    toasts.say(text, { label, run: () => this.context.permission.may() && history.undoThis(entry) }, untilNext);
  }
}
