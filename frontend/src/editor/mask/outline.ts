/** The outline of a mask as closed loops along pixel edges, sharp at every zoom.
 *
 * It is built from the runs, so its cost grows with the outline's length, not with the number of pixels.
 */

import { eachSegment, type Patch } from "./rle";

/** A closed loop `x0, y0, x1, y1, …` of corners in view pixels; outer loops and holes turn in opposite senses. */
export type Loop = Float32Array;

/** The vertical stretches of set pixels, column after column: `from` and `to` are rows, `to` is behind the last one. */
interface Stretches {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly column: Int32Array;
  /** Where each column's stretches begin; the last entry is behind the last one. */
  readonly first: Int32Array;
}

/** Every loop of the mask, holes too. Pixels that only touch at a corner are apart. */
export function outline(patch: Patch): Loop[] {
  const [left, top] = patch.box;
  const all = stretchesOf(patch);
  const { from, to, column } = all;
  const count = from.length;
  const taken = new Uint8Array(count); // whether a stretch's upper edge is in a loop
  // An edge is a stretch's upper one, walked to the right, or its lower one, walked to the left: the mask is always to
  // the right of the walk. Edges are numbered: upper ones by their stretch, lower ones from `count` on.
  const follow = (edge: number) => (edge < count ? afterUpper(all, edge) : afterLower(all, edge - count));
  const loops: Loop[] = [];
  for (let start = 0; start < count; start++) {
    if (taken[start]) continue; // every loop has an upper edge
    const corners: number[] = [];
    let edge = start;
    do {
      const next = follow(edge);
      const upper = edge < count;
      const stretch = upper ? edge : edge - count;
      if (upper) taken[stretch] = 1;
      const x = left + column[stretch]! + (upper ? 1 : 0); // where the edge ends
      const y = top + (upper ? from[stretch]! : to[stretch]!);
      const nextY = top + (next < count ? from[next]! : to[next - count]!);
      if (y !== nextY) corners.push(x, y, x, nextY);
      edge = next;
    } while (edge !== start);
    loops.push(Float32Array.from(corners));
  }
  return loops;
}

function stretchesOf({ box: [, , width, height], runs }: Patch): Stretches {
  const [from, to, column]: [number[], number[], number[]] = [[], [], []];
  eachSegment(runs, height, (start, length) => {
    const row = start % height;
    from.push(row);
    to.push(row + length);
    column.push((start - row) / height);
  });
  const first = new Int32Array(width + 1);
  for (let index = 0, x = 0; x <= width; x++) {
    while (index < column.length && column[index]! < x) index++;
    first[x] = index;
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to), column: Int32Array.from(column), first };
}

/** The edge after a stretch's upper one: along the line between its column and the next one. */
function afterUpper({ from, to, column, first }: Stretches, stretch: number): number {
  const count = from.length;
  const y = from[stretch]!;
  const [beside, end] = columnOf(first, column[stretch]! + 1);
  const other = firstEndingAfter(to, beside, end, y); // of the next column, the first one that ends below
  if (other < end && from[other]! <= y) {
    // The next column has the pixel below the line: straight on, or up along it until something is in the way.
    const above = stretch - 1;
    const blocked = above >= first[column[stretch]!]! && to[above]! > from[other]!;
    return blocked ? count + above : other;
  }
  // Down along this stretch, until one of the next column begins.
  return other < end && from[other]! < to[stretch]! ? other : count + stretch;
}

/** The edge after a stretch's lower one: along the line between its column and the one before. */
function afterLower({ from, to, column, first }: Stretches, stretch: number): number {
  const count = from.length;
  const y = to[stretch]!;
  const [beside, end] = columnOf(first, column[stretch]! - 1);
  const other = firstEndingAfter(to, beside, end, y - 1); // of the column before, the first one that reaches the line
  if (other < end && from[other]! < y) {
    // The column before has the pixel above the line: straight on, or down along it until something is in the way.
    const below = stretch + 1;
    const blocked = below < first[column[stretch]! + 1]! && from[below]! < to[other]!;
    return blocked ? below : count + other;
  }
  // Up along this stretch, until one of the column before ends.
  const above = other - 1;
  return above >= beside && to[above]! > from[stretch]! ? count + above : stretch;
}

function columnOf(first: Int32Array, column: number): [from: number, end: number] {
  return column < 0 || column >= first.length - 1 ? [0, 0] : [first[column]!, first[column + 1]!];
}

/** The first of the stretches `low` to `high - 1` of a column that ends below `y`; `high` if none does. */
function firstEndingAfter(to: Int32Array, low: number, high: number, y: number): number {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (to[middle]! > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Leaves out corners nearer than `tolerance` (view pixels) to the last one kept: fewer numbers when zoomed out. */
export function thin(loop: Loop, tolerance: number): Loop {
  if (tolerance <= 0 || loop.length <= 8) return loop;
  const kept: number[] = [];
  let [lastX, lastY] = [Infinity, Infinity];
  for (let index = 0; index < loop.length; index += 2) {
    const [x, y] = [loop[index]!, loop[index + 1]!];
    if (Math.abs(x - lastX) + Math.abs(y - lastY) < tolerance) continue;
    kept.push(x, y);
    [lastX, lastY] = [x, y];
  }
  return kept.length >= 6 ? Float32Array.from(kept) : loop;
}

/** Cuts corners by at most half a pixel, so that stairs become slopes: calmer lines while pixels are small on screen. */
export function soften(loop: Loop): Loop {
  const points: number[] = [];
  const count = loop.length / 2;
  const corner = (index: number) => [loop[2 * (index % count)]!, loop[2 * (index % count) + 1]!] as const;
  for (let index = 0; index < count; index++) {
    const [x0, y0] = corner(index);
    const [x1, y1] = corner(index + 1);
    const length = Math.abs(x1 - x0) + Math.abs(y1 - y0);
    const cut = Math.min(0.5, length / 2) / length;
    points.push(x0 + (x1 - x0) * cut, y0 + (y1 - y0) * cut);
    if (length > 1) points.push(x1 - (x1 - x0) * cut, y1 - (y1 - y0) * cut);
  }
  return Float32Array.from(points);
}
