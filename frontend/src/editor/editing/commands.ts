/** Commands on kept objects: one, or several that are selected together.
 *
 * Each command is one journal entry and one batch of changes: undo takes back all of it, and the server carries out all
 * of it or nothing.
 */

import type { Store } from "../lib/store";
import { newUid } from "../lib/uid";
import { parts } from "../mask/parts";
import { viewCounts } from "../mask/rle";
import { area, patchOf, unionAll, type Spans } from "../mask/spans";
import { type Shown } from "../model/changes";
import {
  contentOf,
  lastDone,
  nextToRedo,
  sameAttributes,
  type Command,
  type Content,
  type Entry,
  type ObjectChange,
} from "../model/journal";
import type { Kept } from "../model/kept";
import { moved, target, type Move } from "../model/order";
import { spansOfPatch } from "../model/panoptic";
import { recipeOf, setAttributes, setCategory, type Work } from "../model/work";
import type { Outbox } from "../saving/outbox";
import type { Attributes, Boot } from "../server/types";
import type { State } from "../state";
import type { ClassChoice } from "./classChoice";
import type { History } from "./history";
import type { ObjectMarks } from "./objectMarks";
import type { PanopticRule } from "./panopticRule";
import type { Permission } from "./permission";
import type { ObjectSelection } from "./selection";
import type { Toasts } from "./toasts";
import type { Workbench } from "./workbench";

/** More parts than this are specks to be removed, not objects. */
const MOST_PARTS = 500;

/** What the commands need of the editor. */
export interface CommandContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly history: History;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly permission: Permission;
  readonly selection: ObjectSelection;
  readonly classes: ClassChoice;
  readonly marks: ObjectMarks;
  readonly panoptic: PanopticRule;
}

export class ObjectCommands {
  constructor(private readonly context: CommandContext) {}

  merge(): void {
    const chosen = this.changeable("merge");
    if (chosen.length < 2)
      return this.say("Select two or more objects in the list with Ctrl + click or Shift + click.");
    const [first, ...others] = chosen as [Kept, ...Kept[]];
    const mask = unionAll(chosen.map((one) => this.spans(one)));
    const changes = [
      this.change(first, { counts: this.counts(mask), clicks: [] }),
      ...others.map(({ uid }) => ({ uid, before: this.content(uid), after: null })),
    ];
    if (this.commit("merge", first.category, changes)) this.context.selection.choose([first.uid]);
  }

  /** Each connected part becomes an object of its own; the largest stays the object. */
  split(): void {
    const chosen = this.changeable("split");
    const changes: ObjectChange[] = [];
    for (const one of chosen) {
      const pieces = parts(this.spans(one), this.view.height).toSorted((a, b) => area(b) - area(a));
      if (pieces.length > MOST_PARTS) {
        return this.say(
          `The object has ${pieces.length} parts, too many to split. Remove the small ones first (K), or smooth the outline (S).`,
        );
      }
      if (pieces.length < 2) continue;
      const content = this.content(one.uid);
      changes.push(this.change(one, { counts: this.counts(pieces[0]!), clicks: [] }));
      pieces.slice(1).forEach((piece, index) => {
        const after = { ...content, counts: this.counts(piece), clicks: [], z: one.z + index + 1 };
        changes.push({ uid: newUid(), before: null, after });
      });
    }
    if (chosen.length === 0) return;
    if (changes.length === 0)
      return this.say(chosen.length === 1 ? "The object has only one part." : "Each object has only one part.");
    if (this.commit("split", chosen[0]!.category, changes))
      this.context.selection.choose(changes.map(({ uid }) => uid));
  }

  duplicate(): void {
    if (this.context.panoptic.on)
      return this.say("Objects can't be duplicated in panoptic mode, because no pixel may belong to two objects.");
    const chosen = this.changeable("duplicate", true);
    const changes = chosen.map((one) => {
      const after = { ...this.content(one.uid), z: one.z + 1 };
      return { uid: newUid(), before: null, after };
    });
    if (changes.length > 0 && this.commit("duplicate", chosen[0]!.category, changes)) {
      this.context.selection.choose(changes.map(({ uid }) => uid));
    }
  }

  /** Further up or down in the drawing order; a number is a place in the list without the chosen ones. */
  order(move: Move | number, subjects = this.changeable("move")): void {
    if (subjects.length === 0) return;
    const { kept } = this.state;
    const chosen = new Set(subjects.map(({ uid }) => uid));
    const order = kept.map(({ uid }) => uid);
    const places = moved(kept, chosen, typeof move === "number" ? move : target(order, chosen, move));
    const changes = [...places].map(([uid, z]) => this.change(this.context.selection.there(uid)!, { z }));
    const selection = this.state.selection;
    if (changes.length > 0) this.commit("order", subjects[0]!.category, changes, false);
    this.context.selection.choose(selection.length > 0 ? selection : [...chosen]);
  }

  /** A row of the list, with the other chosen ones if it is one of them, was dropped beside another. */
  drop(dragged: string, beside: string, after: boolean): void {
    const { selection } = this.state;
    if (!selection.includes(dragged)) this.context.selection.choose([dragged]);
    const subjects = this.changeable("move");
    const rest = this.state.kept.filter(({ uid }) => !subjects.some((one) => one.uid === uid));
    const place = rest.findIndex(({ uid }) => uid === beside);
    if (place >= 0) this.order(after ? place + 1 : place, subjects);
  }

  /** Another class for the chosen objects, or for the kept one that is open: saved and shown at once. */
  setCategory(category: number): void {
    const { open } = this.state;
    if (open) return this.setOpenCategory(open, category);
    const chosen = this.changeable("change").filter((one) => one.category !== category);
    const changes = chosen.map((one) => this.change(one, { category }));
    if (changes.length > 0) this.commit("classes", category, changes);
  }

  /** A step of the open object; of a kept one also a change of its own, so that nothing waits for Enter. */
  private setOpenCategory(open: Work, category: number): void {
    const kept = open.source ? this.context.selection.there(open.source) : undefined;
    if (kept && this.context.marks.isLocked(kept.uid))
      return this.say("Locked objects stay as they are. Shift L unlocks them.");
    if (kept && kept.category !== category) {
      if (!this.commit("classes", category, [this.change(kept, { category })], false)) return;
    }
    this.context.bench.take((work) => setCategory(work, category));
  }

  /** A class was undone or redone in the open object: the kept one follows, and so does the journal. */
  followCategory(): void {
    const { open } = this.state;
    const kept = open?.source ? this.context.selection.there(open.source) : undefined;
    const category = open && recipeOf(open).category;
    if (!kept || typeof category !== "number" || kept.category === category) return;
    const { history } = this.context;
    const about = (entry: Entry | null) =>
      entry?.what === "classes" && entry.changes.length === 1 && entry.changes[0]!.uid === kept.uid
        ? entry.changes[0]!
        : null;
    if (about(lastDone(history.journal))?.before?.category === category) history.undo();
    else if (about(nextToRedo(history.journal))?.after?.category === category) history.redoNext();
    else this.commit("classes", category, [this.change(kept, { category })], false);
  }

  /** An answer about the open object, or about the chosen ones; undefined takes it back. */
  answer(number: number, value: Attributes[string] | undefined): void {
    const answered = (before: Attributes): Attributes => {
      const { [String(number)]: _, ...rest } = before;
      return value === undefined ? rest : { ...rest, [number]: value };
    };
    if (this.state.open) {
      this.context.bench.take((work) => {
        const before = recipeOf(work).attributes ?? {};
        return sameAttributes(before, answered(before)) ? work : setAttributes(work, answered(before));
      });
      return;
    }
    const chosen = this.changeable("change");
    const changes = chosen
      .filter(({ attributes }) => !sameAttributes(attributes, answered(attributes)))
      .map((one) => this.change(one, { attributes: answered(one.attributes) }));
    if (changes.length > 0) this.commit("attributes", chosen[0]!.category, changes, false);
  }

  remove(): void {
    const chosen = this.changeable("delete");
    const changes = chosen.map(({ uid }) => ({ uid, before: this.content(uid), after: null }));
    if (changes.length > 0) this.commit("delete", chosen[0]!.category, changes);
  }

  // From here on: how

  private get state(): State {
    return this.context.store.get();
  }

  private get view() {
    return this.context.boot.image;
  }

  /** The subjects, once an open object is kept; without the locked ones, which is said. */
  private changeable(verb: string, evenLocked = false): readonly Kept[] {
    if (!this.context.permission.may()) return [];
    const { open, selection } = this.state;
    if (open && !this.context.selection.settleOpen()) return [];
    if (open && selection.length === 0 && this.context.selection.there(open.source ?? open.uid))
      this.context.selection.choose([open.source ?? open.uid]);
    const subjects = this.context.selection.subjects;
    if (subjects.length === 0) this.say(`Select an object to ${verb} with Ctrl + click in the list.`);
    const free = evenLocked ? subjects : subjects.filter(({ uid }) => !this.context.marks.isLocked(uid));
    if (free.length < subjects.length) this.say("Locked objects aren't changed. Press Shift L to unlock them.");
    return free;
  }

  private spans(one: Kept): Spans {
    return spansOfPatch(one.patch, this.view.height);
  }

  private counts(mask: Spans): string {
    return viewCounts(patchOf(mask, this.view.height), this.view.width, this.view.height);
  }

  private content(uid: string): Content {
    const found: Shown = this.context.outbox.shown.find((one) => one.uid === uid)!;
    return contentOf(found);
  }

  private change(one: Kept, difference: Partial<Content>): ObjectChange {
    const before = this.content(one.uid);
    return { uid: one.uid, before, after: { ...before, ...difference } };
  }

  private commit(what: Command | "delete", category: number, changes: readonly ObjectChange[], tell = true): boolean {
    if (!this.context.history.commit(what, category, changes)) return false;
    const gone = changes.filter(({ after }) => !after).length;
    const told: Readonly<Record<Command | "delete", string>> = {
      merge: `${gone + 1} objects merged.`,
      split: `Split into ${changes.length} objects.`,
      duplicate: changes.length === 1 ? "Duplicated. The copy is on top." : `${changes.length} objects duplicated.`,
      order: "Moved.",
      classes: `Class${changes.length === 1 ? "" : ` of ${changes.length} objects`} changed to ${this.context.classes.category(category)?.name ?? "another class"}.`,
      attributes: "Changed.",
      delete:
        gone === 1
          ? `${this.context.classes.category(category)?.name ?? "Object"} deleted.`
          : `${gone} objects deleted.`,
      fit: "Overlap removed.",
    };
    if (tell) this.offerUndo(told[what]);
    return true;
  }

  private offerUndo(text: string): void {
    const { history, toasts } = this.context;
    const entry = lastDone(history.journal);
    toasts.say(text, { label: "Undo", run: () => history.undoThis(entry) });
  }

  private say(text: string): void {
    this.context.toasts.say(text);
  }
}
