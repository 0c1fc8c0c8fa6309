/** Undo and redo across objects: carries out journal entries through the outbox. */

import type { Store } from "../lib/store";
import * as journals from "../model/journal";
import type { Entry, Journal, ObjectChange } from "../model/journal";
import { recipeOf, redoable, undoable, withoutRedo, type Work } from "../model/work";
import type { DraftStore } from "../saving/draftStore";
import type { Outbox } from "../saving/outbox";
import type { State } from "../state";
import type { Toasts } from "./toasts";
import type { Workbench } from "./workbench";

const STALE = "The object was changed since then, so this can't be undone.";

/** What undo and redo would do now; null when nothing. */
export function nextSteps({ open, finishing, journal }: State): { undo: string | null; redo: string | null } {
  const entry = journals.nextToRedo(journal);
  const redo = open && open.uid !== entry?.work?.uid ? null : (entry?.what ?? null);
  if (open) return { undo: undoable(open), redo: redoable(open) ?? redo };
  return { undo: finishing.length > 0 ? "keep" : (journals.lastDone(journal)?.what ?? null), redo };
}

/** The entry for an object that was closed without being kept. */
export function cancelled(work: Work): Omit<Entry, "serial"> {
  return { what: "cancel", category: recipeOf(work).category, changes: [], work: withoutRedo(work) };
}

export interface HistoryRules {
  /** What is changed together with these, by the project's rules; null when they can't be, and that was said. */
  fit(changes: readonly ObjectChange[]): readonly ObjectChange[] | null;
  /** The rejection of suggestions was undone (false) or done again. */
  rejected(uids: readonly string[], rejected: boolean): void;
}

export class History {
  constructor(
    private readonly store: Store<State>,
    private readonly outbox: Outbox,
    private readonly bench: Workbench,
    private readonly drafts: DraftStore,
    private readonly toasts: Toasts,
    private readonly rules: HistoryRules,
  ) {}

  get journal(): Journal {
    return this.store.get().journal;
  }

  /** Change kept objects, in a way that undo takes back as one; `work` is opened again then. False: it can't be. */
  commit(
    what: Entry["what"],
    category: number | null,
    changes: readonly ObjectChange[],
    work: Work | null = null,
  ): boolean {
    const fitted = this.rules.fit(changes);
    if (!fitted || !this.carryOut(fitted)) return false;
    this.note({ what, category, changes: fitted, work });
    return true;
  }

  /** Remember what was done already. */
  note(entry: Omit<Entry, "serial">): void {
    this.to(journals.record(this.journal, entry));
  }

  /** False when there is nothing to undo. */
  undo(): boolean {
    const entry = journals.lastDone(this.journal);
    if (!entry) return false;
    if (!this.carryOut(journals.reversed(entry.changes))) {
      this.to(journals.without(this.journal, entry));
      return true;
    }
    this.to(journals.stepped(this.journal, -1));
    if (entry.rejected) this.rules.rejected(entry.rejected, false);
    if (entry.work && !this.bench.open) this.bench.show(entry.work);
    return true;
  }

  /** False when there is nothing to redo, or an object is open that the next redo is not about. */
  redo(): boolean {
    const entry = journals.nextToRedo(this.journal);
    const { open } = this.bench;
    if (!entry || (open && open.uid !== entry.work?.uid)) return false;
    return this.redoNext();
  }

  /** Redo, whatever is open. */
  redoNext(): boolean {
    const entry = journals.nextToRedo(this.journal);
    if (!entry) return false;
    if (!this.carryOut(entry.changes)) {
      this.to(journals.without(this.journal, entry));
      return true;
    }
    this.to(journals.stepped(this.journal, 1));
    if (entry.rejected) this.rules.rejected(entry.rejected, true);
    if (entry.work) this.bench.close(entry.work.uid);
    return true;
  }

  /** Undo the newest entry, if it still is `entry`: what a message offers. */
  undoThis(entry: Entry | null): void {
    if (entry && journals.lastDone(this.journal) === entry) this.undo();
  }

  /** Something new was done: what was undone before stays undone. */
  forgetRedo(): void {
    this.to(journals.withoutRedo(this.journal));
  }

  /** Begin with an earlier page's journal; what was done on this one already comes after it. */
  restore(journal: Journal): void {
    this.store.set({ journal: this.journal.entries.reduce(journals.record, journal) });
  }

  private carryOut(changes: readonly ObjectChange[]): boolean {
    const operations = journals.operationsFor(changes, this.outbox.shown);
    if (!operations) {
      this.toasts.say(STALE);
      return false;
    }
    if (operations.length === 1) this.outbox.add(operations[0]!);
    else if (operations.length > 1) this.outbox.add({ kind: "batch", changes: operations });
    return true;
  }

  private to(journal: Journal): void {
    if (journal === this.journal) return;
    this.store.set({ journal });
    this.drafts.saveJournal(journal);
  }
}
