/** The connected parts of a mask, and its holes. */

import type { Size } from "../lib/geometry";
import { grow } from "./morphology";
import type { Patch } from "./rle";
import { area, eachStretch, has, intersect, NONE, spansOf, SpanWriter, subtract, unionAll, type Spans } from "./spans";

/** The connected parts, each as a mask, in the order of their first pixels.
 *
 * `corners`: whether pixels that touch at a corner only are connected. For masks they are; then for what is around
 * them they are not, or a line could be crossed where it is crossed by another.
 */
export function parts(spans: Spans, height: number, corners = true): Spans[] {
  const [columns, tops, bottoms]: number[][] = [[], [], []];
  eachStretch(spans, height, (x, top, bottom) => {
    columns!.push(x);
    tops!.push(top);
    bottoms!.push(bottom);
  });
  const root = connect(columns!, tops!, bottoms!, corners ? 1 : 0);
  const found = new Map<number, SpanWriter>();
  for (let index = 0; index < columns!.length; index++) {
    const part = root(index);
    let writer = found.get(part);
    if (!writer) found.set(part, (writer = new SpanWriter()));
    writer.add(columns![index]! * height + tops![index]!, columns![index]! * height + bottoms![index]!);
  }
  return [...found.values()].map((writer) => writer.spans());
}

/** Union-find over stretches in column order; returns the first stretch of the part that a stretch belongs to. */
function connect(columns: number[], tops: number[], bottoms: number[], reach: number): (index: number) => number {
  const parent = Int32Array.from(columns.keys());
  const root = (index: number): number => {
    while (parent[index] !== index) index = parent[index] = parent[parent[index]!]!;
    return index;
  };
  let other = 0; // walks along the column before
  for (let index = 0; index < columns.length; index++) {
    const before = columns[index]! - 1;
    while (columns[other]! < before || (columns[other] === before && bottoms[other]! + reach <= tops[index]!)) other++;
    for (let beside = other; columns[beside] === before && tops[beside]! < bottoms[index]! + reach; beside++) {
      const [one, two] = [root(beside), root(index)];
      parent[Math.max(one, two)] = Math.min(one, two);
    }
  }
  return root;
}

/** The largest connected part; of equals the first. */
export function largest(spans: Spans, height: number): Spans {
  let best = NONE;
  let most = 0;
  for (const part of parts(spans, height)) {
    const size = area(part);
    if (size > most) [best, most] = [part, size];
  }
  return best;
}

/** The connected part that a position is in; none when it is not set. */
export function partAt(spans: Spans, position: number, height: number): Spans {
  if (!has(spans, position)) return NONE;
  return parts(spans, height).find((part) => has(part, position)) ?? NONE;
}

/** Whether two masks overlap or lie side by side. */
export function touch(one: Spans, other: Spans, view: Size): boolean {
  return intersect(grow(one, view), other).length > 0;
}

/** The parts of `spans` that overlap `others` or lie beside them. */
export function attachedTo(spans: Spans, others: Spans, view: Size): Spans {
  if (spans.length === 0 || others.length === 0) return NONE;
  const near = grow(others, view);
  return unionAll(parts(spans, view.height).filter((part) => intersect(part, near).length > 0));
}

/** What a mask encloses without containing it, in positions of a view of `height` pixels. */
export function holes(patch: Patch, height: number): Spans {
  const [left, top, wide, tall] = patch.box;
  if (patch.runs.length === 0) return NONE;
  // Inside the box only: what gets to its border is outside.
  const outside = subtract(Int32Array.of(0, wide * tall), spansOf({ box: [0, 0, wide, tall], runs: patch.runs }, tall));
  const enclosed = parts(outside, tall, false).filter((part) => {
    let atBorder = 0;
    eachStretch(part, tall, (x, from, to) => {
      if (x === 0 || x === wide - 1 || from === 0 || to === tall) atBorder += 1;
    });
    return atBorder === 0;
  });
  const writer = new SpanWriter();
  eachStretch(unionAll(enclosed), tall, (x, from, to) => {
    const column = (left + x) * height + top;
    writer.add(column + from, column + to);
  });
  return writer.spans();
}
