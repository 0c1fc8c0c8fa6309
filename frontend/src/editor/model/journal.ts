/** The journal of undo: kept, deleted and cancelled objects. Pure.
 *
 * Within an open object, undo uses the object's own steps (work.ts). A journal entry is one object, or all that one
 * command changed. Undoing an entry makes operations for the outbox, so the server sees and logs a normal change.
 */

import type { KeptClick, Attributes } from "../server/types";
import type { ObjectOperation, Shown } from "./changes";
import { zOnTop } from "./order";
import type { Work } from "./work";

/** A kept object's content. */
export interface Content {
  readonly category: number;
  readonly counts: string;
  readonly clicks: readonly KeptClick[];
  /** Without it a new object lies over all others. */
  readonly z?: number;
  readonly attributes?: Attributes;
  /** Several objects that were not told apart; imports have such. */
  readonly crowd?: boolean;
}

export interface ObjectChange {
  readonly uid: string;
  /** Null where there is no such object. */
  readonly before: Content | null;
  readonly after: Content | null;
}

/** What is done with several kept objects at once. */
export type Command = "merge" | "split" | "duplicate" | "order" | "classes" | "attributes" | "fit";

export interface Entry {
  /** Rises; its name in the draft store. */
  readonly serial: number;
  readonly what: "keep" | "delete" | "cancel" | "change" | "accept" | "reject" | Command;
  /** The class to name it by. */
  readonly category: number | null;
  readonly changes: readonly ObjectChange[];
  /** The object that was open then, with its steps: undoing opens it again. */
  readonly work: Work | null;
  /** Uids of suggestions that were rejected. */
  readonly rejected?: readonly string[];
}

export interface Journal {
  readonly entries: readonly Entry[];
  /** How many of them are done; those after can be redone. */
  readonly done: number;
}

/** More are forgotten, the oldest first. */
const MOST_ENTRIES = 100;

export const NOTHING_DONE: Journal = { entries: [], done: 0 };

export function record(journal: Journal, entry: Omit<Entry, "serial">): Journal {
  const serial = (journal.entries.at(-1)?.serial ?? 0) + 1;
  const entries = [...journal.entries.slice(0, journal.done), { ...entry, serial }].slice(-MOST_ENTRIES);
  return { entries, done: entries.length };
}

export function lastDone(journal: Journal): Entry | null {
  return journal.entries[journal.done - 1] ?? null;
}

export function nextToRedo(journal: Journal): Entry | null {
  return journal.entries[journal.done] ?? null;
}

export function stepped(journal: Journal, by: 1 | -1): Journal {
  return { ...journal, done: Math.min(journal.entries.length, Math.max(0, journal.done + by)) };
}

/** Something new was done: there is nothing to redo. */
export function withoutRedo(journal: Journal): Journal {
  if (journal.done === journal.entries.length) return journal;
  return { ...journal, entries: journal.entries.slice(0, journal.done) };
}

export function without(journal: Journal, entry: Entry): Journal {
  const index = journal.entries.indexOf(entry);
  if (index < 0) return journal;
  return {
    entries: journal.entries.toSpliced(index, 1),
    done: index < journal.done ? journal.done - 1 : journal.done,
  };
}

/** What undoing an entry changes. */
export function reversed(changes: readonly ObjectChange[]): ObjectChange[] {
  return changes.toReversed().map(({ uid, before, after }) => ({ uid, before: after, after: before }));
}

/** The changes as operations; null when an object is not any more what it would be changed from. */
export function operationsFor(changes: readonly ObjectChange[], shown: readonly Shown[]): ObjectOperation[] | null {
  const there = new Map(shown.map((one) => [one.uid, one]));
  const operations: ObjectOperation[] = [];
  const placed: { z?: number }[] = [...shown];
  for (const { uid, before, after } of changes) {
    const now = there.get(uid) ?? null;
    if (!sameContent(now, before)) return null;
    if (after && !now) {
      // Said, not left to the server: what is done with it before it is saved knows its place.
      const z = after.z ?? zOnTop(placed);
      placed.push({ z });
      operations.push({ kind: "create", uid, ...after, z });
    } else if (after && now) operations.push({ kind: "change", uid, ...difference(now, after) });
    else if (now) operations.push({ kind: "delete", uid });
  }
  return operations;
}

export function contentOf({ category, counts, clicks, z, attributes, crowd }: Content): Content {
  const rest = { ...(z !== undefined && { z }), ...(attributes && { attributes }), ...(crowd && { crowd }) };
  return { category, counts, clicks, ...rest };
}

/** What an earlier page's journal does not know of an object counts as the same. */
function sameContent(one: Content | null, other: Content | null): boolean {
  if (one === other) return true;
  if (!one || !other) return false;
  const sameZ = one.z === undefined || other.z === undefined || one.z === other.z;
  const answered = !one.attributes || !other.attributes || sameAttributes(one.attributes, other.attributes);
  return sameZ && answered && one.category === other.category && one.counts === other.counts;
}

export function sameAttributes(one: Attributes = {}, other: Attributes = {}): boolean {
  const names = Object.keys({ ...one, ...other });
  return names.every((name) => one[name] === other[name]);
}

function difference(now: Content, after: Content): Partial<Content> {
  return {
    ...(now.category !== after.category && { category: after.category }),
    ...(now.counts !== after.counts && { counts: after.counts, clicks: after.clicks }),
    ...(after.z !== undefined && now.z !== after.z && { z: after.z }),
    ...(after.attributes && !sameAttributes(now.attributes, after.attributes) && { attributes: after.attributes }),
  };
}
