/** What differs between an image's labels before and now. Pure. */

import type { Size } from "../lib/geometry";
import { EMPTY, same, type Patch } from "../mask/rle";
import { area, patchOf, subtract } from "../mask/spans";
import type { Kept } from "../model/kept";
import { spansOfPatch } from "../model/panoptic";

export interface Difference {
  readonly uid: string;
  readonly what: "added" | "removed" | "class" | "mask";
  /** Where to look. */
  readonly patch: Patch;
  readonly before: Kept | null;
  readonly now: Kept | null;
  /** Pixels that it has now and had not, and the other way round. */
  readonly gained: Patch;
  readonly lost: Patch;
  readonly gainedPixels: number;
  readonly lostPixels: number;
}

/** Each object that differs: those of now in their order, then those that are gone. */
export function differences(before: readonly Kept[], now: readonly Kept[], view: Size): Difference[] {
  const were = new Map(before.map((one) => [one.uid, one]));
  const are = new Set(now.map(({ uid }) => uid));
  const found = now.flatMap((one) => changed(were.get(one.uid) ?? null, one, view));
  const gone = before.filter(({ uid }) => !are.has(uid)).flatMap((one) => changed(one, null, view));
  return [...found, ...gone];
}

function changed(before: Kept | null, now: Kept | null, view: Size): Difference[] {
  const uid = (now ?? before)!.uid;
  const nothing = { gained: EMPTY, lost: EMPTY, gainedPixels: 0, lostPixels: 0 };
  if (!before) {
    return [{ uid, what: "added", patch: now!.patch, before, now, ...nothing, gainedPixels: now!.area }];
  }
  if (!now) return [{ uid, what: "removed", patch: before.patch, before, now, ...nothing, lostPixels: before.area }];
  if (!same(before.patch, now.patch)) {
    const [was, is] = [spansOfPatch(before.patch, view.height), spansOfPatch(now.patch, view.height)];
    const [gained, lost] = [subtract(is, was), subtract(was, is)];
    const [gainedPixels, lostPixels] = [area(gained), area(lost)];
    const patches = { gained: patchOf(gained, view.height), lost: patchOf(lost, view.height) };
    return [{ uid, what: "mask", patch: now.patch, before, now, ...patches, gainedPixels, lostPixels }];
  }
  if (before.category !== now.category) {
    return [{ uid, what: "class", patch: now.patch, before, now, ...nothing }];
  }
  return [];
}

export interface Counts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export function counted(found: readonly Difference[]): Counts {
  const of = (...what: Difference["what"][]) => found.filter((one) => what.includes(one.what)).length;
  return { added: of("added"), removed: of("removed"), changed: of("class", "mask") };
}

/** “1 added, 0 changed, 0 removed”. */
export function inWords({ added, changed, removed }: Counts): string {
  return `${added} added, ${changed} changed, ${removed} removed`;
}
