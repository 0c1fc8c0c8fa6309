/** The outline of a mask as closed loops along pixel edges: sharp at every zoom, and a few numbers however large. */

import { bitsOf, eachSegment, type Patch } from "./rle";

/** A closed loop `x0, y0, x1, y1, …` of corners in view pixels; outer loops and holes turn in opposite senses. */
export type Loop = Float32Array;

/** Right, down, left, up: the mask is always to the right of the walk. */
const STEP = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** The mark of a pixel whose upper edge a loop already took. */
const WALKED = 2;

/** Every loop of the mask, holes too. Pixels that only touch at a corner are apart. */
export function outline(patch: Patch): Loop[] {
  const [left, top, width, height] = patch.box;
  const bits = bitsOf(patch);
  const set = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && bits[x * height + y] !== 0;

  const walk = (startX: number, startY: number): Loop => {
    const corners: number[] = [];
    let [x, y, direction] = [startX, startY, 0];
    do {
      if (direction === 0) bits[x * height + y] = WALKED;
      x += STEP[direction]![0];
      y += STEP[direction]![1];
      const next = turn(set, x, y, direction);
      if (next !== direction) corners.push(x + left, y + top);
      direction = next;
    } while (x !== startX || y !== startY || direction !== 0);
    return Float32Array.from(corners);
  };

  const loops: Loop[] = [];
  // Every loop has an upper edge, and the upper edges are where the vertical stretches of set pixels start.
  eachSegment(patch.runs, height, (start) => {
    if (bits[start] !== WALKED) loops.push(walk(Math.floor(start / height), start % height));
  });
  return loops;
}

/** The direction after the corner (x, y), reached in `direction`. */
function turn(set: (x: number, y: number) => boolean, x: number, y: number, direction: number): number {
  // The two pixels ahead of the corner, as offsets from it: beside the mask (right) and beside the outside (left).
  const right = [set(x, y), set(x - 1, y), set(x - 1, y - 1), set(x, y - 1)][direction]!;
  if (!right) return (direction + 1) % 4;
  const left = [set(x, y - 1), set(x, y), set(x - 1, y), set(x - 1, y - 1)][direction]!;
  return left ? (direction + 3) % 4 : direction;
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
