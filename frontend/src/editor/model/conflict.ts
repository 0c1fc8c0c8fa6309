/** A conflict by object: their version and ours, to be compared side by side. Pure.
 *
 * The server's rule for two people who save the same image is in labeling/annotations/services.py; what the editor does
 * with a refused change is in saving/sending.ts.
 */

import type { Size } from "../lib/geometry";
import { patchOfView, RleError, type Patch } from "../mask/rle";
import { area, intersect, spansOf } from "../mask/spans";
import type { AnnotationSetData } from "../server/types";
import { flat, type Operation, type Shown, type Differences } from "./changes";

export interface Side {
  readonly category: number;
  readonly patch: Patch;
}

export interface Dispute {
  /** The uid of our operation that this is about; of theirs where we did nothing. */
  readonly uid: string;
  readonly who: "both" | "theirs" | "mine";
  /** Null: there is no such object on that side. */
  readonly theirs: Side | null;
  readonly mine: Side | null;
  /** We both made an object here: they are two, and both can stay. */
  readonly twins: boolean;
}

/** Two new objects that share more of their pixels than this are likely the same thing. */
const SAME_THING = 0.5;

export function disputes({ theirs, mine, current, shown }: Conflict, view: Size): Dispute[] {
  const side = (list: readonly Shown[], uid: string) =>
    sideOf(
      list.find((one) => one.uid === uid),
      view,
    );
  const mineBy = new Map(flat(mine).flatMap((one) => ("uid" in one ? [[one.uid, one] as const] : [])));
  const theirUids = new Set(theirs.objects.map(({ uid }) => uid));
  const found: Dispute[] = theirs.objects.map(({ uid }) => {
    const who = mineBy.has(uid) ? "both" : "theirs";
    const [there, here] = [side(current.annotations, uid), side(shown, uid)];
    return { uid, who, theirs: there, mine: who === "both" ? here : null, twins: false };
  });
  for (const uid of mineBy.keys()) {
    if (theirUids.has(uid)) continue;
    const own = side(shown, uid);
    const twin = mineBy.get(uid)!.kind === "create" && own ? twinOf(own, found, view) : undefined;
    if (twin) {
      found[found.indexOf(twin)] = { uid, who: "both", theirs: twin.theirs, mine: own, twins: true };
    } else found.push({ uid, who: "mine", theirs: side(current.annotations, uid), mine: own, twins: false });
  }
  return found;
}

/** What tells an operation from others: the object, or “status” and “note”, of which an image has one. */
export function subjectOf(operation: Operation): string {
  return "uid" in operation ? operation.uid : operation.kind;
}

/** Those operations that `chosen` is true of, by their subject; a batch is carried out with its part of them. */
export function chosenOf(operations: readonly Operation[], chosen: (subject: string) => boolean): Operation[] {
  return operations.flatMap((one): Operation[] => {
    if (one.kind !== "batch") return chosen(subjectOf(one)) ? [one] : [];
    const changes = one.changes.filter(({ uid }) => chosen(uid));
    return changes.length > 0 ? [{ ...one, changes }] : [];
  });
}

function sideOf(one: Shown | undefined, { width, height }: Size): Side | null {
  if (!one) return null;
  try {
    return { category: one.category, patch: patchOfView(one.counts, width, height) };
  } catch (error) {
    if (!(error instanceof RleError)) throw error;
    return null;
  }
}

function twinOf(own: Side, found: readonly Dispute[], view: Size): Dispute | undefined {
  return found.find(({ who, theirs }) => who === "theirs" && theirs && overlap(own, theirs, view) > SAME_THING);
}

/** Intersection over union. */
function overlap(one: Side, other: Side, { height }: Size): number {
  const [a, b] = [spansOf(one.patch, height), spansOf(other.patch, height)];
  const common = area(intersect(a, b));
  return common / (area(a) + area(b) - common);
}

export interface Conflict {
  readonly theirs: Differences;
  readonly mine: readonly Operation[];
  readonly current: AnnotationSetData;
  /** The objects as the annotator sees them now. */
  readonly shown: readonly Shown[];
}
