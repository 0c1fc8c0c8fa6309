/** Changes that the server refused: each waits for the annotator without blocking the others. Pure.
 *
 * Later changes of the same objects do not overtake them: a change of an object whose creation was refused becomes a
 * part of that creation, and deleting the object cancels the creation.
 */

import { apply, flat, type ObjectOperation, type Operation, type Shown } from "../model/changes";
import type { Attributes } from "../server/types";

export interface RefusedChange {
  readonly operation: Operation;
  /** What the server said. */
  readonly message: string;
  readonly code: string;
  /** The objects that it is about, as it makes them. */
  readonly objects: readonly Shown[];
}

/** An answer of the server's own fault, again and again: tried once more after a while. */
export const FAILED = "failed";

/** The operation with what it adds to refused ones of the same objects; null when nothing is left to do. */
export function folded(
  refused: readonly RefusedChange[],
  next: Operation,
): { refused: readonly RefusedChange[]; next: Operation | null } {
  if (next.kind === "status" || next.kind === "note") {
    return { refused: refused.filter(({ operation }) => operation.kind !== next.kind), next };
  }
  const parts = partsOf(next);
  const uids = new Set(parts.map(({ uid }) => uid));
  const needed = refused.filter((one) => partsOf(one.operation).some((part) => needs(part, uids)));
  const left = refused.flatMap((one) => (needed.includes(one) ? [] : without(one, parts)));
  if (needed.length === 0) return { refused: left, next };
  return { refused: left, next: together([...needed.flatMap((one) => partsOf(one.operation)), ...parts]) };
}

/** Whether what is done with these objects builds on the part: the server has no such object without it. */
function needs(part: ObjectOperation, uids: ReadonlySet<string>): boolean {
  return part.kind !== "change" && uids.has(part.uid);
}

function partsOf(operation: Operation): readonly ObjectOperation[] {
  if (operation.kind === "status" || operation.kind === "note") return [];
  return operation.kind === "batch" ? operation.changes : [operation];
}

/** The parts as one operation, each object once; null when they undo each other. */
function together(parts: readonly ObjectOperation[]): Operation | null {
  const found = new Map<string, ObjectOperation | null>();
  for (const part of parts) {
    const before = found.get(part.uid);
    found.set(part.uid, before ? followed(before, part) : part);
  }
  return asOperation([...found.values()].filter((one) => one !== null));
}

function asOperation(changes: readonly ObjectOperation[]): Operation | null {
  if (changes.length === 0) return null;
  return changes.length === 1 ? changes[0]! : { kind: "batch", changes };
}

/** Two operations with one object as one. */
function followed(first: ObjectOperation, second: ObjectOperation): ObjectOperation | null {
  if (second.kind === "delete") return first.kind === "create" ? null : second;
  if (first.kind === "delete") return { ...second, kind: "change" };
  const { kind: _, ...fields } = second;
  return { ...first, ...fields };
}

/** What is left of a refused change after `later` ones of the same objects: nothing, if they replace all of it. */
function without(one: RefusedChange, later: readonly ObjectOperation[]): RefusedChange[] {
  const before = partsOf(one.operation);
  if (before.length === 0) return [one];
  const parts = before.flatMap((part): ObjectOperation[] => {
    const by = later.find(({ uid }) => uid === part.uid);
    if (!by || part.kind !== "change") return [part];
    const fields = Object.entries(part).filter(([name]) => name !== "kind" && name !== "uid" && !(name in by));
    return by.kind === "delete" || fields.length === 0
      ? []
      : [{ kind: "change", uid: part.uid, ...Object.fromEntries(fields) }];
  });
  if (parts.length === before.length && parts.every((part, index) => part === before[index])) return [one];
  const operation = asOperation(parts);
  return operation ? [{ ...one, operation }] : [];
}

/** The refused change, with the objects as `operation` makes them of those that are shown. */
export function refusedChange(
  operation: Operation,
  message: string,
  code: string,
  shown: readonly Shown[],
): RefusedChange {
  const uids = new Set(partsOf(operation).map(({ uid }) => uid));
  return { operation, message, code, objects: apply(shown, [operation]).filter(({ uid }) => uids.has(uid)) };
}

/** The same change with another class: for the objects whose class the project does not have, or else for all. */
export function withCategory(operation: Operation, category: number, known: ReadonlySet<number>): Operation {
  const unknown = partsOf(operation).some((part) => hasCategory(part) && !known.has(part.category!));
  const given = (part: ObjectOperation): ObjectOperation =>
    hasCategory(part) && (!unknown || !known.has(part.category!)) ? { ...part, category } : part;
  if (operation.kind === "batch") return { ...operation, changes: operation.changes.map(given) };
  return operation.kind === "status" || operation.kind === "note" ? operation : given(operation);
}

function hasCategory(part: ObjectOperation): part is Exclude<ObjectOperation, { kind: "delete" }> {
  return part.kind !== "delete" && part.category !== undefined;
}

/** Why it is not saved, and what to do. */
export function reasonOf({ operation, message }: RefusedChange, known: ReadonlySet<number>): string {
  const unknown = partsOf(operation).some((part) => hasCategory(part) && !known.has(part.category!));
  return unknown ? "Its class was deleted. Choose another class." : message;
}

/** Whether another class may be what it needs. */
export function hasClass(operation: Operation): boolean {
  return partsOf(operation).some(hasCategory);
}

/** What is written to a file of changes that could not be saved: masks are COCO RLE of the whole view. */
export interface UnsavedFile {
  readonly image: { readonly id: number; readonly name: string | null };
  readonly project: { readonly id: number; readonly name: string } | null;
  readonly annotations: readonly {
    readonly uid: string;
    readonly category_id: number | null;
    readonly category: string | null;
    /** `size` is height and width; null when the browser does not know it any more. */
    readonly segmentation: { readonly size: readonly [number, number] | null; readonly counts: string };
    readonly attributes: Attributes;
    readonly clicks: readonly unknown[];
  }[];
  /** Everything else that was done: deletions, changes without a mask, the image's state and note. */
  readonly other_changes: readonly object[];
  readonly reasons: readonly string[];
}

export interface About {
  readonly id: number;
  readonly name: string | null;
  readonly size: readonly [height: number, width: number] | null;
  readonly project: { readonly id: number; readonly name: string } | null;
  readonly categories: readonly { readonly number: number; readonly name: string }[];
}

/** Changes as a file. `objects` has what is known of the objects beside what the operations say. */
export function unsavedFile(
  about: About,
  operations: readonly Operation[],
  objects: readonly Shown[],
  reasons: readonly string[] = [],
): UnsavedFile {
  const touched = flat(operations);
  const uids = new Set(touched.flatMap((one) => ("uid" in one && one.kind !== "delete" ? [one.uid] : [])));
  const made = new Map([...objects, ...apply(objects, operations)].map((one) => [one.uid, one]));
  const whole = [...made.values()].filter(({ uid, counts }) => uids.has(uid) && counts);
  const names = new Map(about.categories.map(({ number, name }) => [number, name]));
  const annotations = whole.map(({ uid, category, counts, attributes = {}, clicks }) => ({
    uid,
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- a change without its object has none
    category_id: category ?? null,
    category: names.get(category) ?? null,
    segmentation: { size: about.size, counts },
    attributes,
    clicks,
  }));
  const inFile = new Set(whole.map(({ uid }) => uid));
  const other = touched.filter((one) => !("uid" in one) || one.kind === "delete" || !inFile.has(one.uid));
  const { id, name, project } = about;
  return { image: { id, name }, project, annotations, other_changes: other, reasons };
}

/** Whether what kept a change from being saved has changed: its classes are there, or the person may label. */
export function canBeSaved({ operation, code }: RefusedChange, known: ReadonlySet<number>, can: boolean): boolean {
  if (code === "forbidden") return can;
  if (code !== "bad_category" && code !== "bad_attributes") return false;
  return partsOf(operation).every((part) => !hasCategory(part) || known.has(part.category!));
}
