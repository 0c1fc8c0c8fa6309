/** Where the pins of threads are on the picture. Pure. */

import type { Point, Size } from "../lib/geometry";
import type { Kept } from "../model/kept";
import type { ThreadData } from "../server/types";

/** As the server keeps it: in pixels of the view, or of the object's box from its corner. */
export interface PinPlace {
  readonly x: number;
  readonly y: number;
  readonly object: string | null;
}

/** Where a pin is now; `orphan`: its object is gone; null: the thread is about the whole image. */
export function placeOf(
  { x, y, object }: Pick<ThreadData, "x" | "y" | "object">,
  kept: readonly Kept[],
): Point | "orphan" | null {
  if (x === null || y === null) return null;
  if (object === null) return { x, y };
  const found = kept.find(({ uid }) => uid === object);
  if (!found) return "orphan";
  const [left, top, width, height] = found.patch.box;
  return { x: left + Math.min(Math.max(x, 0), width), y: top + Math.min(Math.max(y, 0), height) };
}

/** A pin at a point of the picture: on the object there it is about that, and inside of its box. */
export function pinAt(at: Point, on: Kept | undefined, view: Size): PinPlace {
  const x = Math.min(Math.max(at.x, 0), view.width);
  const y = Math.min(Math.max(at.y, 0), view.height);
  if (!on) return { x, y, object: null };
  return { x: x - on.patch.box[0], y: y - on.patch.box[1], object: on.uid };
}

/** Open threads first, then those that are fixed, then resolved ones; each in the order of their numbers. */
export function inOrder(threads: readonly ThreadData[]): Record<ThreadData["state"], readonly ThreadData[]> {
  const of = (state: ThreadData["state"]) => threads.filter((one) => one.state === state);
  return { open: of("open"), fixed: of("fixed"), resolved: of("resolved") };
}

/** The open thread after this one, around the end; null when there is none. */
export function nextOpen(threads: readonly ThreadData[], after: number | null): ThreadData | null {
  const { open } = inOrder(threads);
  const before = threads.find(({ id }) => id === after);
  return open.find(({ number }) => before !== undefined && number > before.number) ?? open[0] ?? null;
}
