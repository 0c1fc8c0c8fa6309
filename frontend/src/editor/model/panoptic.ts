/** The rule of panoptic projects: no pixel belongs to two objects. Pure; the server checks it too.
 *
 * A kept object takes its pixels from the objects below it. Objects above it and locked ones keep theirs. With
 * `yields` it gets only free pixels.
 */

import type { Size, Box } from "../lib/geometry";
import { EMPTY, patchOfView, viewCounts, type Patch } from "../mask/rle";
import { area, intersect, patchOf, spansOf, subtract, type Spans } from "../mask/spans";
import type { ObjectChange } from "./journal";
import { zOnTop } from "./order";

/** An object as the rule sees it. */
export interface Owner {
  readonly uid: string;
  readonly z: number;
  readonly patch: Patch;
}

export interface Rule {
  readonly yields: boolean;
  readonly locked: ReadonlySet<string>;
}

export interface Claim {
  /** What the object gets of what it wants. */
  readonly mask: Patch;
  /** Pixels that it wants and does not get, and who has them. */
  readonly denied: number;
  readonly deniedBy: readonly string[];
  /** Who loses pixels, and what is left to them. */
  readonly taken: readonly { readonly uid: string; readonly pixels: number; readonly left: Patch }[];
}

const spans = new WeakMap<Patch, { height: number; spans: Spans }>();

/** The spans of a patch, remembered with it. */
export function spansOfPatch(patch: Patch, height: number): Spans {
  const known = spans.get(patch);
  if (known?.height === height) return known.spans;
  const made = spansOf(patch, height);
  spans.set(patch, { height, spans: made });
  return made;
}

export function boxesMeet([x, y, width, height]: Box, [left, top, wide, tall]: Box): boolean {
  return x < left + wide && left < x + width && y < top + tall && top < y + height;
}

/** What becomes of an object's mask, and of others', when it is kept. */
export function claim(wants: Owner, others: readonly Owner[], rule: Rule, view: Size): Claim {
  const { height } = view;
  let mine = spansOfPatch(wants.patch, height);
  const deniedBy: string[] = [];
  let denied = 0;
  const near = others.filter(({ uid, patch }) => uid !== wants.uid && boxesMeet(patch.box, wants.patch.box));
  const keeps = ({ uid, z }: Owner) => rule.yields || rule.locked.has(uid) || z > wants.z;
  for (const other of near.filter(keeps)) {
    const shared = intersect(mine, spansOfPatch(other.patch, height));
    if (shared.length === 0) continue;
    denied += area(shared);
    deniedBy.push(other.uid);
    mine = subtract(mine, shared);
  }
  const taken = near
    .filter((other) => !keeps(other))
    .flatMap(({ uid, patch }) => {
      const has = spansOfPatch(patch, height);
      const shared = intersect(mine, has);
      if (shared.length === 0) return [];
      return [{ uid, pixels: area(shared), left: patchOf(subtract(has, shared), height) }];
    });
  return { mask: denied === 0 ? wants.patch : patchOf(mine, height), denied, deniedBy, taken };
}

export interface Fitted {
  readonly changes: readonly ObjectChange[];
  /** An object of which nothing would be left, and who has its pixels; then there are no changes. */
  readonly blocked: { readonly uid: string; readonly by: readonly string[] } | null;
  /** How many objects lose pixels, and how many of them all. */
  readonly taken: number;
  readonly covered: number;
}

/** The changes as a panoptic project can have them: with what they take from other objects, one after the other. */
export function fit(
  changes: readonly ObjectChange[],
  objects: readonly (Owner & { readonly content: NonNullable<ObjectChange["before"]> })[],
  rule: Rule,
  view: Size,
): Fitted {
  const now = new Map<string, Owner>(objects.map((one) => [one.uid, one]));
  const contents = new Map(objects.map(({ uid, content }) => [uid, content]));
  for (const { uid, after } of changes) if (!after) now.delete(uid);
  const done = new Map(changes.map((change) => [change.uid, change]));
  const losers = new Set<string>();
  const reshaped = changes.filter(({ before, after }) => after && after.counts !== before?.counts);
  // As they will be, before anything is taken: what one of the changes frees is free for the others.
  for (const { uid, after, before } of reshaped) {
    const z = after!.z ?? before?.z ?? now.get(uid)?.z ?? zOnTop([...now.values()]);
    now.set(uid, { uid, z, patch: patchOfView(after!.counts, view.width, view.height) });
  }
  for (const { uid } of reshaped) {
    const wants = now.get(uid)!;
    const { mask, deniedBy, taken } = claim(wants, [...now.values()], rule, view);
    if (mask.runs.length === 0) return { changes: [], blocked: { uid, by: deniedBy }, taken: 0, covered: 0 };
    for (const { uid: loser, left } of taken) {
      losers.add(loser);
      now.set(loser, { ...now.get(loser)!, patch: left });
    }
    now.set(uid, { ...wants, patch: mask });
  }
  for (const uid of new Set([...reshaped.map((one) => one.uid), ...losers])) {
    const before = done.has(uid) ? done.get(uid)!.before : (contents.get(uid) ?? null);
    const content = done.get(uid)?.after ?? contents.get(uid)!;
    const { patch } = now.get(uid)!;
    const after =
      patch.runs.length === 0 || patch === EMPTY
        ? null
        : { ...content, counts: viewCounts(patch, view.width, view.height) };
    if (before || after) done.set(uid, { uid, before, after });
    else done.delete(uid);
  }
  const covered = [...losers].filter((uid) => now.get(uid)!.patch.runs.length === 0).length;
  return { changes: [...done.values()], blocked: null, taken: losers.size, covered };
}
