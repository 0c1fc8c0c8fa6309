/** Growing, shrinking and smoothing a mask. */

import type { Size } from "../lib/geometry";
import { eachStretch, intersect, NONE, shifted, SpanWriter, union, type Spans } from "./spans";

/** Every pixel that is in the mask or shares an edge with it, within the view. */
export function grow(spans: Spans, { width, height }: Size): Spans {
  const total = width * height;
  const tall = new SpanWriter();
  eachStretch(spans, height, (x, top, bottom) => {
    tall.add(x * height + Math.max(0, top - 1), x * height + Math.min(height, bottom + 1));
  });
  return union(tall.spans(), union(shifted(spans, -1, height, total), shifted(spans, 1, height, total)));
}

/** Every pixel whose edge neighbours are all in the mask. Where the picture ends the mask counts as going on. */
export function shrink(spans: Spans, { width, height }: Size): Spans {
  const total = width * height;
  const short = new SpanWriter();
  eachStretch(spans, height, (x, top, bottom) => {
    const [first, last] = [top === 0 ? 0 : top + 1, bottom === height ? height : bottom - 1];
    short.add(x * height + first, x * height + last);
  });
  const fromLeft = union(shifted(spans, 1, height, total), Int32Array.of(0, height));
  const fromRight = union(shifted(spans, -1, height, total), Int32Array.of(total - height, total));
  return intersect(short.spans(), intersect(fromLeft, fromRight));
}

/** Half the side of the window that `smooth` looks at. */
const REACH = 2;

/** Each pixel as most of the 5 × 5 pixels around it (fewer at the picture's border); a draw changes nothing.
 *
 * Memory is a few columns, whatever the mask; time goes with the columns × rows that the mask spans.
 */
export function smooth(spans: Spans, { width, height }: Size): Spans {
  if (spans.length === 0) return NONE;
  const left = Math.floor(spans[0]! / height);
  const right = Math.floor((spans[spans.length - 1]! - 1) / height);
  let [top, bottom] = [height, 0];
  const columns: [number, number][][] = Array.from({ length: right - left + 1 }, () => []);
  eachStretch(spans, height, (x, from, to) => {
    columns[x - left]!.push([from, to]);
    [top, bottom] = [Math.min(top, from), Math.max(bottom, to)];
  });
  const tall = bottom - top;
  const sums = new Int16Array(tall); // set pixels in the window around each row of the present column
  const add = (x: number, sign: number) => {
    for (const [from, to] of columns[x - left] ?? []) {
      // A stretch adds to a row as many pixels as the row's window shares with it: rises, stays, falls.
      const last = Math.min(bottom, to + REACH);
      for (let y = Math.max(top, from - REACH); y < last; y++) {
        sums[y - top]! += sign * (Math.min(y + REACH + 1, to) - Math.max(y - REACH, from));
      }
    }
  };
  for (let x = left; x < left + REACH; x++) add(x, 1);
  const writer = new SpanWriter();
  const side = (at: number, length: number) => Math.min(length - 1, at + REACH) - Math.max(0, at - REACH) + 1;
  for (let x = left; x <= right; x++) {
    add(x + REACH, 1);
    if (x - REACH - 1 >= left) add(x - REACH - 1, -1);
    const wide = side(x, width);
    const own = columns[x - left]!;
    let stretch = 0;
    for (let y = top; y < bottom; y++) {
      while (stretch < own.length && own[stretch]![1] <= y) stretch++;
      const votes = 2 * sums[y - top]! - wide * side(y, height);
      const was = stretch < own.length && own[stretch]![0] <= y;
      if (votes > 0 || (votes === 0 && was)) writer.add(x * height + y, x * height + y + 1);
    }
  }
  return writer.spans();
}
