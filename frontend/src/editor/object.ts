/** The open object: its clicks, how far they are answered, and what becomes of it. Pure transitions. */

import type { WireClick } from "./protocol";
import { EMPTY, same, type Patch } from "./rle";

export interface Click {
  readonly x: number;
  readonly y: number;
  readonly positive: boolean;
  /** The tile that the server answered it on, if it looked closer. */
  readonly tile?: string;
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
export function answered(
  object: OpenObject,
  patch: Patch,
  clicks: number,
  final: boolean,
  tiles: readonly (string | null)[] = [],
): OpenObject {
  if (object.checking === 0) {
    // A mask for no clicks may arrive after `undo` settled the object; one for other clicks is shown until its own comes.
    const settled = final && clicks === object.clicks.length;
    if (!settled) return { ...object, mask: patch, settled };
    return { ...object, mask: patch, settled, clicks: object.clicks.map((click, index) => on(click, tiles[index])) };
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
  return clicks.map((click) => (click.tile ? [...wire(click), click.tile] : wire(click)));
}

function on({ x, y, positive }: Click, tile: string | null | undefined): Click {
  return tile ? { x, y, positive, tile } : { x, y, positive };
}

export function wire({ x, y, positive }: Click): readonly [x: number, y: number, positive: boolean] {
  return [x, y, positive];
}

export function unwire([x, y, positive]: WireClick): Click {
  return { x, y, positive };
}

/** A click at a view point, to a quarter pixel: exact for the pixel, short on the wire. */
export function clickAt({ x, y }: { x: number; y: number }, positive: boolean): Click {
  return { x: Math.floor(x * 4) / 4, y: Math.floor(y * 4) / 4, positive };
}

/** A UUID. `crypto.randomUUID` exists on secure pages only, and a team may well use plain HTTP on its own network. */
export function newUid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
