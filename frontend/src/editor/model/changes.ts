/** The annotator's changes as operations on the annotation set, and how they are combined with the changes of others.
 *
 * What is shown is always `apply(server's set, unsaved operations)`. Pure.
 */

import type { Status } from "../../shared/types";
import type { KeptClick, AnnotationData, AnnotationSetData, Attributes } from "../server/types";
import { inOrder, zOnTop } from "./order";

/** What can be different about a kept object. */
export interface Changed {
  category?: number;
  counts?: string;
  clicks?: readonly KeptClick[];
  z?: number;
  attributes?: Attributes;
  crowd?: boolean;
}

/** What is done with one object. A new one without `z` lies over all others. */
export type ObjectOperation =
  | ({ kind: "create"; uid: string; category: number; counts: string; clicks: readonly KeptClick[] } & Pick<
      Changed,
      "z" | "attributes" | "crowd"
    >)
  | ({ kind: "change"; uid: string } & Changed)
  | { kind: "delete"; uid: string };

export type Operation =
  | ObjectOperation
  /** Changes that belong together: all are carried out, or none. */
  | { kind: "batch"; changes: readonly ObjectOperation[] }
  | { kind: "status"; status: Status; reason?: string }
  | { kind: "note"; text: string };

/** What the operations do, object by object. */
export function flat(operations: readonly Operation[]): Exclude<Operation, { kind: "batch" }>[] {
  return operations.flatMap<Exclude<Operation, { kind: "batch" }>>((one) => (one.kind === "batch" ? one.changes : one));
}

/** What of an annotation matters for "is it the same?". */
export interface Seen {
  readonly uid: string;
  readonly category: number;
  readonly mask: string;
  /** Place and attributes; what an older page stored has none. */
  readonly rest?: string;
}

/** A set without its weight: enough to tell what changed since. */
export interface SeenSet {
  readonly version: number;
  readonly status: Status;
  readonly reason?: string;
  readonly note?: string;
  readonly annotations: readonly Seen[];
}

export interface Difference {
  readonly uid: string;
  readonly what: "added" | "changed" | "removed";
  readonly category: number;
}

export interface Differences {
  readonly objects: readonly Difference[];
  readonly status: Status | null;
  readonly note: string | null;
}

/** FNV-1a, 32 bits: whether two masks differ, without keeping both. */
function fingerprint(counts: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < counts.length; index++) hash = Math.imul(hash ^ counts.charCodeAt(index), 0x01000193);
  return `${counts.length}:${(hash >>> 0).toString(16)}`;
}

function restOf(z: number, attributes: Attributes = {}): string {
  const answers = Object.entries(attributes).toSorted(([one], [other]) => Number(one) - Number(other));
  return JSON.stringify([z, answers]);
}

export function seen(set: AnnotationSetData): SeenSet {
  const annotations = set.annotations.map((one) => ({
    uid: one.uid,
    category: one.category,
    mask: fingerprint(one.counts),
    ...(one.z !== undefined && { rest: restOf(one.z, one.attributes) }),
  }));
  const { version, status, reason = "", note = "" } = set;
  return { version, status, reason, note, annotations };
}

/** An annotation as shown before the server knows it. */
export interface Shown extends Omit<AnnotationData, "id" | "created_by" | "changed_at" | "bbox" | "area"> {
  readonly id: number | null;
}

/** The annotations with the operations applied, in drawing order. */
export function apply(annotations: readonly Shown[], operations: readonly Operation[]): Shown[] {
  let shown = [...annotations];
  for (const one of flat(operations)) {
    if (one.kind === "create" && !shown.some(({ uid }) => uid === one.uid)) {
      const { kind: _, ...content } = one;
      shown.push({ id: null, attributes: {}, ...content, z: one.z ?? zOnTop(shown) });
    } else if (one.kind === "change") {
      const { kind: _, ...fields } = one;
      shown = shown.map((kept) => (kept.uid === one.uid ? { ...kept, ...fields } : kept));
    } else if (one.kind === "delete") {
      shown = shown.filter(({ uid }) => uid !== one.uid);
    }
  }
  return inOrder(shown);
}

function applySeen(set: SeenSet, operations: readonly Operation[]): SeenSet {
  let { status, reason, note, annotations } = set;
  for (const one of flat(operations)) {
    if (one.kind === "status") {
      [status, reason] = [one.status, one.reason ?? ""];
      continue;
    }
    if (one.kind === "note") {
      note = one.text;
      continue;
    }
    [status, reason] = begun(status, reason);
    if (one.kind === "create") {
      const { uid, category, counts } = one;
      const rest = restOf(one.z ?? zOnTop(annotations.map(zOf)), one.attributes);
      annotations = [...annotations, { uid, category, mask: fingerprint(counts), rest }];
    } else if (one.kind === "delete") {
      annotations = annotations.filter(({ uid }) => uid !== one.uid);
    } else {
      annotations = annotations.map((kept) => (kept.uid === one.uid ? changedSeen(kept, one) : kept));
    }
  }
  return { version: set.version, status, reason: reason ?? "", note: note ?? "", annotations };
}

/** How far an image is once an object of it was changed: finished work is taken up again. */
export function begun(status: Status, reason = ""): [Status, string] {
  return status === "new" || status === "skipped" || status === "done" ? ["in_progress", ""] : [status, reason];
}

function changedSeen(kept: Seen, { category, counts, z, attributes }: Changed): Seen {
  const rest = kept.rest && (JSON.parse(kept.rest) as [number, [string, string | number | boolean][]]);
  return {
    uid: kept.uid,
    category: category ?? kept.category,
    mask: counts === undefined ? kept.mask : fingerprint(counts),
    ...(rest && { rest: restOf(z ?? rest[0], attributes ?? Object.fromEntries(rest[1])) }),
  };
}

function zOf({ rest }: Seen): { z: number } {
  return { z: rest ? (JSON.parse(rest) as [number])[0] : 0 };
}

function isSame(one: Seen, other: Seen): boolean {
  const rest = one.rest === undefined || other.rest === undefined || one.rest === other.rest;
  return rest && one.category === other.category && one.mask === other.mask;
}

/** What `after` has different from `before`. */
export function differences(before: SeenSet, after: SeenSet): Differences {
  const old = new Map(before.annotations.map((one) => [one.uid, one]));
  const objects: Difference[] = [];
  for (const one of after.annotations) {
    const { uid, category } = one;
    const was = old.get(uid);
    old.delete(uid);
    if (!was) objects.push({ uid, what: "added", category });
    else if (!isSame(was, one)) objects.push({ uid, what: "changed", category });
  }
  for (const { uid, category } of old.values()) objects.push({ uid, what: "removed", category });
  const sameStatus = before.status === after.status && (before.reason ?? "") === (after.reason ?? "");
  const sameNote = (before.note ?? "") === (after.note ?? "");
  return { objects, status: sameStatus ? null : after.status, note: sameNote ? null : (after.note ?? "") };
}

function none(found: Differences): boolean {
  return found.objects.length === 0 && found.status === null && found.note === null;
}

/** How many of the first operations the server has carried out already (their answer was lost), or what others did.
 *
 * `theirs` is null when `current` is exactly what we saw plus our first `done` operations: then there is no conflict.
 */
export function reconcile(
  before: SeenSet,
  operations: readonly Operation[],
  current: SeenSet,
): { done: number; theirs: Differences | null } {
  for (let done = 0; done <= operations.length; done++) {
    if (none(differences(applySeen(before, operations.slice(0, done)), current))) return { done, theirs: null };
  }
  return { done: 0, theirs: differences(before, current) };
}

/** The operations as they can still be carried out on `current`, when the annotator wants them over the others' work.
 *
 * A change of an object that someone deleted becomes that object again; deleting it twice is nothing.
 */
export function rebase(
  operations: readonly Operation[],
  mine: readonly Shown[],
  current: AnnotationSetData,
): Operation[] {
  const there = new Set(current.annotations.map(({ uid }) => uid));
  return operations.flatMap((one): Operation[] => {
    if (one.kind === "status") {
      return one.status === current.status && (one.reason ?? "") === (current.reason ?? "") ? [] : [one];
    }
    if (one.kind === "note") return one.text === (current.note ?? "") ? [] : [one];
    if (one.kind !== "batch") return rebasedObject(one, mine, there);
    const changes = one.changes.flatMap((part) => rebasedObject(part, mine, there));
    return changes.length > 0 ? [{ kind: "batch", changes }] : [];
  });
}

/** `there` are the objects that are on the server by then; it follows. */
function rebasedObject(one: ObjectOperation, mine: readonly Shown[], there: Set<string>): ObjectOperation[] {
  const { uid } = one;
  if (one.kind === "delete") return there.delete(uid) ? [one] : [];
  if (there.has(uid)) return [{ ...one, kind: "change" }];
  const whole = one.kind === "create" ? one : mine.find((shown) => shown.uid === uid);
  if (!whole) return [];
  there.add(uid);
  const { category, counts, clicks, z, attributes, crowd } = whole;
  const rest = { ...(z !== undefined && { z }), ...(attributes && { attributes }), ...(crowd && { crowd }) };
  return [{ kind: "create", uid, category, counts, clicks, ...rest }];
}
