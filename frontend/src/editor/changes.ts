/** What the annotator changed, as operations on the image's annotation set; and how they meet the changes of others.
 *
 * What is shown is always `apply(server's set, operations that are not saved yet)`. All pure.
 */

import type { AnnotationData, AnnotationSetData, Status } from "./api";
import type { WireClick } from "./protocol";

/** What can be different about a kept object. */
export interface Changed {
  category?: number;
  counts?: string;
  clicks?: readonly WireClick[];
}

export type Operation =
  | ({ kind: "create"; uid: string } & Required<Changed>)
  | ({ kind: "change"; uid: string } & Changed)
  | { kind: "delete"; uid: string }
  | { kind: "status"; status: Status; reason?: string }
  | { kind: "note"; text: string };

/** What of an annotation matters for "is it the same?". */
export interface Seen {
  readonly uid: string;
  readonly category: number;
  readonly mask: string;
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

export function seen(set: AnnotationSetData): SeenSet {
  const annotations = set.annotations.map(({ uid, category, counts }) => ({
    uid,
    category,
    mask: fingerprint(counts),
  }));
  const { version, status, reason = "", note = "" } = set;
  return { version, status, reason, note, annotations };
}

/** An annotation as shown before the server knows it. */
export interface Shown extends Omit<AnnotationData, "id" | "created_by" | "changed_at" | "bbox" | "area"> {
  readonly id: number | null;
}

/** The annotations with the operations applied, in the order of the set, new ones last. */
export function apply(annotations: readonly Shown[], operations: readonly Operation[]): Shown[] {
  let shown = [...annotations];
  for (const one of operations) {
    if (one.kind === "create" && !shown.some(({ uid }) => uid === one.uid)) {
      shown.push({ id: null, uid: one.uid, category: one.category, counts: one.counts, clicks: one.clicks });
    } else if (one.kind === "change") {
      const { kind: _, ...fields } = one;
      shown = shown.map((kept) => (kept.uid === one.uid ? { ...kept, ...fields } : kept));
    } else if (one.kind === "delete") {
      shown = shown.filter(({ uid }) => uid !== one.uid);
    }
  }
  return shown;
}

function applySeen(set: SeenSet, operations: readonly Operation[]): SeenSet {
  let { status, reason, note, annotations } = set;
  for (const one of operations) {
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
      annotations = [...annotations, { uid: one.uid, category: one.category, mask: fingerprint(one.counts) }];
    } else if (one.kind === "delete") {
      annotations = annotations.filter(({ uid }) => uid !== one.uid);
    } else {
      const mask = one.counts === undefined ? undefined : fingerprint(one.counts);
      annotations = annotations.map((kept) =>
        kept.uid === one.uid ? { ...kept, category: one.category ?? kept.category, mask: mask ?? kept.mask } : kept,
      );
    }
  }
  return { version: set.version, status, reason: reason ?? "", note: note ?? "", annotations };
}

/** How far an image is once an object of it was changed. */
export function begun(status: Status, reason = ""): [Status, string] {
  return status === "new" || status === "skipped" ? ["in_progress", ""] : [status, reason];
}

/** What `after` has different from `before`. */
export function differences(before: SeenSet, after: SeenSet): Differences {
  const old = new Map(before.annotations.map((one) => [one.uid, one]));
  const objects: Difference[] = [];
  for (const { uid, category, mask } of after.annotations) {
    const was = old.get(uid);
    old.delete(uid);
    if (!was) objects.push({ uid, what: "added", category });
    else if (was.category !== category || was.mask !== mask) objects.push({ uid, what: "changed", category });
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
  const rebased: Operation[] = [];
  for (const one of operations) {
    if (one.kind === "status") {
      if (one.status !== current.status || (one.reason ?? "") !== (current.reason ?? "")) rebased.push(one);
    } else if (one.kind === "note") {
      if (one.text !== (current.note ?? "")) rebased.push(one);
    } else if (one.kind === "delete") {
      if (there.delete(one.uid)) rebased.push(one);
    } else if (there.has(one.uid)) {
      const { uid, category, counts, clicks } = one;
      rebased.push({
        kind: "change",
        uid,
        ...(category !== undefined && { category }),
        ...(counts !== undefined && { counts }),
        ...(clicks !== undefined && { clicks }),
      });
    } else {
      const whole = one.kind === "create" ? one : mine.find(({ uid }) => uid === one.uid);
      if (!whole) continue;
      const { uid, category, counts, clicks } = whole;
      rebased.push({ kind: "create", uid, category, counts, clicks });
      there.add(uid);
    }
  }
  return rebased;
}
