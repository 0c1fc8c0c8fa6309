/** What can be done with kept objects from outside: one of them, or several that are chosen together.
 *
 * Every command is one entry of the journal and one batch for the server: undo takes it back whole, and the server
 * carries it out whole or not at all.
 */

import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import { newUid } from "../lib/uid";
import { parts } from "../mask/parts";
import { viewCounts } from "../mask/rle";
import { area, patchOf, unionAll, type Spans } from "../mask/spans";
import { apply, type Shown } from "../model/changes";
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
import * as marks from "../model/marks";
import { moved, target, zOnTop, type Move } from "../model/order";
import { claim, fit, spansOfPatch, type Claim } from "../model/panoptic";
import { isBlank, recipeOf, setAttributes, setCategory, type Work } from "../model/work";
import type { Outbox } from "../saving/outbox";
import type { Attributes, Boot } from "../server/types";
import type { State } from "../state";
import type { History } from "./history";
import type { Permission } from "./permission";
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
  readonly openObject: { keep(): void };
  readonly selection: { category(number: number | null): { name: string } | undefined };
}

export class ObjectCommands {
  /** The server may know better than the page did when it was loaded. */
  panoptic: boolean;
  private readonly marksKey: string;
  /** Where a range of chosen objects begins. */
  private anchor: string | null = null;
  private claimed: (Pick<State, "kept" | "marks" | "yields"> & { open: Work; claim: Claim }) | null = null;

  constructor(
    private readonly context: CommandContext,
    private readonly storage: ValueStorage,
  ) {
    const { boot, store } = context;
    this.panoptic = boot.project.panoptic;
    this.marksKey = `marks:${boot.user.id}:${boot.image.id}`;
    store.set({
      marks: marks.readMarks(storage, this.marksKey),
      yields: storage.read<boolean>(`yields:${boot.user.id}`) ?? false,
    });
    store.watch((state, before) => {
      if (state.kept !== before.kept) this.forgetGone(state);
      if (state.open && !before.open && state.selection.length > 0) store.set({ selection: [] });
    });
  }

  // Choosing, as in the lists of every desktop program

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

  // How they are shown

  mark(mark: marks.Mark, uids = this.subjects.map(({ uid }) => uid)): void {
    if (uids.length === 0) return this.say("Select an object first.");
    this.setMarks(marks.toggled(this.state.marks, mark, uids));
  }

  isolate(): void {
    const uids = this.subjects.map(({ uid }) => uid);
    if (uids.length === 0 && !this.state.marks.isolated) return this.say("Select an object first.");
    this.setMarks(marks.isolated(this.state.marks, uids));
  }

  isLocked(uid: string): boolean {
    return this.state.marks.locked.has(uid);
  }

  // Changing

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
    if (this.commit("merge", first.category, changes)) this.choose([first.uid]);
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
    if (this.commit("split", chosen[0]!.category, changes)) this.choose(changes.map(({ uid }) => uid));
  }

  duplicate(): void {
    if (this.panoptic)
      return this.say("Objects can't be duplicated in panoptic mode, because no pixel may belong to two objects.");
    const chosen = this.changeable("duplicate", true);
    const changes = chosen.map((one) => {
      const after = { ...this.content(one.uid), z: one.z + 1 };
      return { uid: newUid(), before: null, after };
    });
    if (changes.length > 0 && this.commit("duplicate", chosen[0]!.category, changes)) {
      this.choose(changes.map(({ uid }) => uid));
    }
  }

  /** Further up or down in the drawing order; a number is a place in the list without the chosen ones. */
  order(move: Move | number, subjects = this.changeable("move")): void {
    if (subjects.length === 0) return;
    const { kept } = this.state;
    const chosen = new Set(subjects.map(({ uid }) => uid));
    const order = kept.map(({ uid }) => uid);
    const places = moved(kept, chosen, typeof move === "number" ? move : target(order, chosen, move));
    const changes = [...places].map(([uid, z]) => this.change(this.there(uid)!, { z }));
    const selection = this.state.selection;
    if (changes.length > 0) this.commit("order", subjects[0]!.category, changes, false);
    this.choose(selection.length > 0 ? selection : [...chosen]);
  }

  /** A row of the list, with the other chosen ones if it is one of them, was dropped beside another. */
  drop(dragged: string, beside: string, after: boolean): void {
    const { selection } = this.state;
    if (!selection.includes(dragged)) this.choose([dragged]);
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
    const kept = open.source ? this.there(open.source) : undefined;
    if (kept && this.isLocked(kept.uid)) return this.say("Locked objects stay as they are. Shift L unlocks them.");
    if (kept && kept.category !== category) {
      if (!this.commit("classes", category, [this.change(kept, { category })], false)) return;
    }
    this.context.bench.take((work) => setCategory(work, category));
  }

  /** A class was undone or redone in the open object: the kept one follows, and so does the journal. */
  followCategory(): void {
    const { open } = this.state;
    const kept = open?.source ? this.there(open.source) : undefined;
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

  // Panoptic projects

  toggleYields(): void {
    if (!this.panoptic) return this.say("This works only in panoptic mode. Objects may overlap in this project.");
    const yields = !this.state.yields;
    this.context.store.set({ yields });
    this.storage.write(`yields:${this.context.boot.user.id}`, yields);
  }

  /** What the open object would get, and take, if it were kept now; null where objects may overlap. */
  claimOf(open: Work): Claim | null {
    if (!this.panoptic || open.mask.runs.length === 0) return null;
    const { kept, yields, marks: marked } = this.state;
    const same = this.claimed?.open === open && this.claimed.kept === kept && this.claimed.marks === marked;
    if (same && this.claimed!.yields === yields) return this.claimed!.claim;
    const uid = open.source ?? open.uid;
    const z = this.there(uid)?.z ?? zOnTop(kept);
    const found = claim({ uid, z, patch: open.mask }, kept, { yields, locked: marked.locked }, this.view);
    this.claimed = { open, kept, marks: marked, yields, claim: found };
    return found;
  }

  /** The changes, with what they take from others in a panoptic project; null when nothing would be left of one. */
  fit(changes: readonly ObjectChange[]): readonly ObjectChange[] | null {
    if (!this.panoptic) return changes;
    const { yields, marks: marked, kept } = this.state;
    const objects = kept.map(({ uid, z, patch }) => ({ uid, z, patch, content: this.content(uid) }));
    const found = fit(changes, objects, { yields, locked: marked.locked }, this.view);
    if (found.blocked) {
      const names = new Set(found.blocked.by.map((uid) => this.name(uid)));
      const way = yields ? " Press Y to take them." : " Those objects are above it or locked.";
      this.say(`All pixels of this object belong to other objects (${[...names].join(", ")}).${way}`);
      return null;
    }
    if (found.covered > 0) {
      const what = found.covered === 1 ? "1 object was" : `${found.covered} objects were`;
      queueMicrotask(() => this.offerUndo(`${what} covered completely and removed.`));
    }
    return found.changes;
  }

  /** What the server refuses because it overlaps is done again so that it does not. */
  refit(): void {
    const { outbox, history } = this.context;
    const withdrawn = outbox.withdraw("overlap");
    const before = new Map(outbox.shown.map((one) => [one.uid, contentOf(one)]));
    const after = new Map(apply(outbox.shown, withdrawn).map((one) => [one.uid, contentOf(one)]));
    this.panoptic = true;
    const uids = [...new Set([...before.keys(), ...after.keys()])];
    const changes = uids
      .map((uid) => ({ uid, before: before.get(uid) ?? null, after: after.get(uid) ?? null }))
      .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after));
    const others = withdrawn.filter(({ kind }) => kind === "status" || kind === "note");
    if (history.commit("fit", null, changes)) outbox.add(...others);
    else outbox.add(...withdrawn); // it can't be: it waits as before
  }

  // From here on: how

  private get state(): State {
    return this.context.store.get();
  }

  private get view() {
    return this.context.boot.image;
  }

  private there(uid: string): Kept | undefined {
    return this.state.kept.find((one) => one.uid === uid);
  }

  private name(uid: string): string {
    return this.context.selection.category(this.there(uid)?.category ?? null)?.name ?? "object";
  }

  /** The subjects, once an open object is kept; without the locked ones, which is said. */
  private changeable(verb: string, evenLocked = false): readonly Kept[] {
    if (!this.context.permission.may()) return [];
    const { open, selection } = this.state;
    if (open && !this.settleOpen()) return [];
    if (open && selection.length === 0 && this.there(open.source ?? open.uid)) this.choose([open.source ?? open.uid]);
    const subjects = this.subjects;
    if (subjects.length === 0) this.say(`Select an object to ${verb} with Ctrl + click in the list.`);
    const free = evenLocked ? subjects : subjects.filter(({ uid }) => !this.isLocked(uid));
    if (free.length < subjects.length) this.say("Locked objects aren't changed. Press Shift L to unlock them.");
    return free;
  }

  /** Keep the open object first; false when that needs its mask, or a moment. */
  private settleOpen(): boolean {
    const { open } = this.state;
    if (!open) return true;
    this.context.openObject.keep();
    const { open: still, finishing } = this.state;
    if (still && isBlank(still)) {
      this.context.bench.close(still.uid);
      return true;
    }
    if (!still && finishing.length === 0) return true;
    if (!still) this.say("Wait for the object's mask, then try again.");
    return false;
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
      classes: `Class${changes.length === 1 ? "" : ` of ${changes.length} objects`} changed to ${this.context.selection.category(category)?.name ?? "another class"}.`,
      attributes: "Changed.",
      delete:
        gone === 1
          ? `${this.context.selection.category(category)?.name ?? "Object"} deleted.`
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

  private setMarks(after: marks.Marks): void {
    this.context.store.set({ marks: after });
    marks.writeMarks(
      this.storage,
      this.marksKey,
      after,
      this.state.kept.map(({ uid }) => uid),
    );
  }

  /** Choices and isolation of objects that are gone. */
  private forgetGone({ kept, selection, marks: marked }: State): void {
    const there = new Set(kept.map(({ uid }) => uid));
    if (selection.some((uid) => !there.has(uid))) {
      this.context.store.set({ selection: selection.filter((uid) => there.has(uid)) });
    }
    if (marked.isolated && ![...marked.isolated].some((uid) => there.has(uid))) {
      this.context.store.set({ marks: { ...marked, isolated: null } });
    }
  }
}
