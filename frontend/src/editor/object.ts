/** The open object: its clicks, how far they are answered, and what becomes of it. Pure transitions. */

import type { WireClick } from "./protocol";
import { EMPTY, same, type Patch } from "./rle";

export interface Click {
  readonly x: number;
  readonly y: number;
  readonly positive: boolean;
}

export interface OpenObject {
  /** The object's name on the socket; of a new object also in the annotation set. */
  readonly uid: string;
  readonly category: number | null;
  readonly clicks: readonly Click[];
  /** Clicks taken back, the next to redo last. */
  readonly undone: readonly Click[];
  /** The newest mask that was answered. */
  readonly mask: Patch;
  /** Whether `mask` answers all clicks. */
  readonly settled: boolean;
  /** The uid of the kept object that is being refined. */
  readonly source: string | null;
  /** The mask that the clicks refine; null when the clicks alone make the object. */
  readonly previous: Patch | null;
  /** While the first `checking` clicks are tried for whether they still make the kept mask; then 0. */
  readonly checking: number;
}

export function begin(uid: string, category: number | null, click: Click): OpenObject {
  return {
    uid,
    category,
    clicks: [click],
    undone: [],
    mask: EMPTY,
    settled: false,
    source: null,
    previous: null,
    checking: 0,
  };
}

/** A kept object to refine: by its own clicks if they still make its mask, else on top of the mask. */
export function reopen(
  uid: string,
  kept: { uid: string; category: number; patch: Patch; clicks: readonly Click[] },
): OpenObject {
  const { category, patch, clicks } = kept;
  const checking = clicks.length;
  return {
    uid,
    category,
    clicks,
    undone: [],
    mask: patch,
    settled: checking === 0,
    source: kept.uid,
    previous: checking === 0 ? patch : null,
    checking,
  };
}

export function addClick(object: OpenObject, click: Click): OpenObject {
  return { ...object, clicks: [...object.clicks, click], undone: [], settled: false };
}

export function undo(object: OpenObject): OpenObject | null {
  if (object.clicks.length <= object.checking) return null;
  const clicks = object.clicks.slice(0, -1);
  const undone = [...object.undone, object.clicks.at(-1)!];
  if (clicks.length > 0) return { ...object, clicks, undone, settled: false };
  return { ...object, clicks, undone, settled: true, mask: object.previous ?? EMPTY };
}

export function redo(object: OpenObject): OpenObject | null {
  const click = object.undone.at(-1);
  if (!click) return null;
  return { ...object, clicks: [...object.clicks, click], undone: object.undone.slice(0, -1), settled: false };
}

/** Take an answer in. While the kept clicks are checked the kept mask stays, and decides how to go on. */
export function answered(object: OpenObject, patch: Patch, clicks: number, final: boolean): OpenObject {
  if (object.checking === 0) {
    // A mask for no clicks may arrive after `undo` settled the object; one for other clicks is shown until its own comes.
    return { ...object, mask: patch, settled: final && clicks === object.clicks.length };
  }
  if (!final) return object;
  if (same(patch, object.mask)) {
    return { ...object, checking: 0, settled: object.clicks.length === object.checking };
  }
  const added = object.clicks.slice(object.checking);
  return { ...object, clicks: added, previous: object.mask, checking: 0, settled: added.length === 0 };
}

/** The clicks that the server should have now. */
export function wireClicks(object: OpenObject): WireClick[] {
  const clicks = object.checking > 0 ? object.clicks.slice(0, object.checking) : object.clicks;
  return clicks.map(wire);
}

export function wire({ x, y, positive }: Click): WireClick {
  return [x, y, positive];
}

export function unwire([x, y, positive]: WireClick): Click {
  return { x, y, positive };
}
