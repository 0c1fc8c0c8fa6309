/** A mask as stretches of set pixels, counted down the columns of the view: pixel (x, y) is at `x × height + y`.
 *
 * `[start, end, start, end, …]`, ends exclusive, rising, and no two touch: a mask has exactly one form. What is done to
 * it costs what its outline costs, not its pixels nor the view's, so a stroke on a 40-megapixel picture is as quick as
 * on a small one, and no bitmap is made.
 */

import { eachSegment, EMPTY, type Patch } from "./rle";

export type Spans = Int32Array;

export const NONE: Spans = new Int32Array(0);

/** Takes stretches whose starts don't fall; those that overlap or touch become one. */
export class SpanWriter {
  private numbers = new Int32Array(64);
  private length = 0;

  add(start: number, end: number): void {
    if (start >= end) return;
    if (this.length > 0 && start <= this.numbers[this.length - 1]!) {
      if (end > this.numbers[this.length - 1]!) this.numbers[this.length - 1] = end;
      return;
    }
    if (this.length + 2 > this.numbers.length) {
      const larger = new Int32Array(2 * this.numbers.length);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = start;
    this.numbers[this.length++] = end;
  }

  spans(): Spans {
    return this.numbers.slice(0, this.length);
  }
}

/** The spans of a patch in a view of `height` pixels. */
export function spansOf(patch: Patch, height: number): Spans {
  const [left, top, , tall] = patch.box;
  const writer = new SpanWriter();
  eachSegment(patch.runs, tall, (start, length) => {
    const at = (left + Math.floor(start / tall)) * height + top + (start % tall);
    writer.add(at, at + length);
  });
  return writer.spans();
}

/** Calls `visit(x, top, bottom)` for each stretch within a column, `bottom` exclusive. */
export function eachStretch(
  spans: Spans,
  height: number,
  visit: (x: number, top: number, bottom: number) => void,
): void {
  for (let index = 0; index < spans.length; index += 2) {
    let at = spans[index]!;
    const end = spans[index + 1]!;
    while (at < end) {
      const x = Math.floor(at / height);
      const bottom = Math.min(end, (x + 1) * height);
      visit(x, at - x * height, bottom - x * height);
      at = bottom;
    }
  }
}

/** The tight patch of a mask in a view of `height` pixels. */
export function patchOf(spans: Spans, height: number): Patch {
  if (spans.length === 0) return EMPTY;
  let [top, bottom] = [height, 0];
  eachStretch(spans, height, (_, from, to) => {
    if (from < top) top = from;
    if (to > bottom) bottom = to;
  });
  const left = Math.floor(spans[0]! / height);
  const right = Math.floor((spans[spans.length - 1]! - 1) / height) + 1;
  const tall = bottom - top;
  // Runs, zeros first: the lengths between the places where a pixel differs from the one before it.
  const runs: number[] = [];
  let [from, end] = [0, 0];
  eachStretch(spans, height, (x, first, last) => {
    const at = (x - left) * tall + first - top;
    if (at === end && at > 0) {
      end += last - first; // goes on from the foot of the column before
      return;
    }
    if (end > 0) runs.push(end - from);
    runs.push(at - end);
    from = at;
    end = at + last - first;
  });
  runs.push(end - from);
  if (end < (right - left) * tall) runs.push((right - left) * tall - end);
  return { box: [left, top, right - left, tall], runs };
}

export function area(spans: Spans): number {
  let total = 0;
  for (let index = 0; index < spans.length; index += 2) total += spans[index + 1]! - spans[index]!;
  return total;
}

/** Whether the pixel at a position is set. */
export function has(spans: Spans, position: number): boolean {
  // How many of the numbers are at or before the position; inside a stretch that is odd.
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]! <= position) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

export function sameSpans(one: Spans, other: Spans): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

export function union(one: Spans, other: Spans): Spans {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  return combine(one, other, (first, second) => first || second);
}

export function subtract(one: Spans, other: Spans): Spans {
  if (one.length === 0 || other.length === 0) return one;
  return combine(one, other, (first, second) => first && !second);
}

export function intersect(one: Spans, other: Spans): Spans {
  if (one.length === 0 || other.length === 0) return NONE;
  return combine(one, other, (first, second) => first && second);
}

/** All of them together; as pairs of pairs, so that a long list costs little more than its result. */
export function unionAll(list: readonly Spans[]): Spans {
  if (list.length <= 2) return union(list[0] ?? NONE, list[1] ?? NONE);
  const half = list.length >> 1;
  return union(unionAll(list.slice(0, half)), unionAll(list.slice(half)));
}

/** Moved by `columns` to the right; what leaves the view of `total` pixels is cut off. */
export function shifted(spans: Spans, columns: number, height: number, total: number): Spans {
  const by = columns * height;
  const writer = new SpanWriter();
  for (let index = 0; index < spans.length; index += 2) {
    writer.add(Math.max(0, spans[index]! + by), Math.min(total, spans[index + 1]! + by));
  }
  return writer.spans();
}

/** Goes through the ends of both in order. A position is inside a mask if an odd number of its ends is behind it. */
function combine(one: Spans, other: Spans, keep: (inOne: boolean, inOther: boolean) => boolean): Spans {
  const out = new Int32Array(one.length + other.length);
  let [i, j, length] = [0, 0, 0];
  let inside = false;
  while (i < one.length || j < other.length) {
    const at = Math.min(i < one.length ? one[i]! : Infinity, j < other.length ? other[j]! : Infinity);
    if (one[i] === at) i++;
    if (other[j] === at) j++;
    const now = keep(i % 2 === 1, j % 2 === 1);
    if (now === inside) continue;
    out[length++] = at;
    inside = now;
  }
  return out.slice(0, length);
}
