/** Drawn shapes as pixels: a pixel belongs to a shape if its centre does. */

import type { Point, Size } from "../lib/geometry";
import { NONE, SpanWriter, unionAll, type Spans } from "./spans";

/** Pixel middles on the very edge belong to the shape however the arithmetic rounds. */
const EDGE = 1e-6;

/** Where a round brush of `size` pixels sits for a pointer at `point`: so that it always covers the same pixels. */
export function seat({ x, y }: Point, size: number): Point {
  if (size % 2 === 1) return { x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 };
  return { x: Math.round(x), y: Math.round(y) };
}

/** The pixels under a round brush of `size` pixels across that went through `points` in straight lines. */
export function stroke(points: readonly Point[], size: number, view: Size): Spans {
  const seats = points.map((point) => seat(point, size));
  if (seats.length === 1) return capsule(seats[0]!, seats[0]!, size / 2, view);
  const lines: Spans[] = [];
  for (let index = 1; index < seats.length; index++) {
    const [from, to] = [seats[index - 1]!, seats[index]!];
    if (index > 1 && from.x === to.x && from.y === to.y) continue;
    lines.push(capsule(from, to, size / 2, view));
  }
  return unionAll(lines);
}

/** The pixels within `radius` of a line. A column meets that shape in one stretch, as it is convex. */
function capsule(from: Point, to: Point, radius: number, view: Size): Spans {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [overX, overY] =
    length > 0 ? [(-(to.y - from.y) / length) * radius, ((to.x - from.x) / length) * radius] : [0, 0];
  const writer = new SpanWriter();
  const first = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius));
  const last = Math.min(view.width - 1, Math.ceil(Math.max(from.x, to.x) + radius));
  for (let x = first; x <= last; x++) {
    const middle = x + 0.5;
    let [low, high] = [Infinity, -Infinity];
    const meet = (y: number) => {
      low = Math.min(low, y);
      high = Math.max(high, y);
    };
    for (const end of [from, to]) {
      const half = Math.sqrt((radius + EDGE) ** 2 - (middle - end.x) ** 2);
      if (Number.isNaN(half)) continue;
      meet(end.y - half);
      meet(end.y + half);
    }
    for (const side of [-1, 1]) {
      const [x0, x1] = [from.x + side * overX, to.x + side * overX];
      if (x0 === x1 || middle < Math.min(x0, x1) || middle > Math.max(x0, x1)) continue;
      meet(from.y + side * (overY + EDGE) + ((middle - x0) / (x1 - x0)) * (to.y - from.y));
    }
    const top = Math.max(0, Math.ceil(low - 0.5));
    const bottom = Math.min(view.height - 1, Math.floor(high - 0.5));
    writer.add(x * view.height + top, x * view.height + bottom + 1);
  }
  return writer.spans();
}

/** The pixels inside a closed line through `corners`; what it goes around twice is inside, too. */
export function polygon(corners: readonly Point[], view: Size): Spans {
  if (corners.length < 3) return NONE;
  const xs = corners.map(({ x }) => x);
  const first = Math.max(0, Math.floor(xs.reduce((one, other) => Math.min(one, other)) - 0.5));
  const last = Math.min(view.width - 1, Math.ceil(xs.reduce((one, other) => Math.max(one, other)) - 0.5));
  if (last < first) return NONE;
  const crossings = crossingsOf(corners, first, last);
  const writer = new SpanWriter();
  crossings.forEach((column, index) => {
    column.sort((one, other) => one.y - other.y);
    let winding = 0;
    column.forEach(({ y, turn }, place) => {
      winding += turn;
      if (winding === 0) return;
      const top = Math.max(0, Math.ceil(y - 0.5));
      const bottom = Math.min(view.height, Math.ceil(column[place + 1]!.y - 0.5));
      writer.add((first + index) * view.height + top, (first + index) * view.height + bottom);
    });
  });
  return writer.spans();
}

interface Crossing {
  readonly y: number;
  /** +1 where the line goes to the right, −1 to the left. */
  readonly turn: number;
}

/** For each column from `first` to `last` where the line crosses the middles of its pixels. */
function crossingsOf(corners: readonly Point[], first: number, last: number): Crossing[][] {
  const columns: Crossing[][] = Array.from({ length: last - first + 1 }, () => []);
  corners.forEach((from, index) => {
    const to = corners[(index + 1) % corners.length]!;
    if (from.x === to.x) return;
    const [left, right, turn] = from.x < to.x ? [from, to, 1] : [to, from, -1];
    // Middles in [left, right): a corner right on one belongs to one of its two edges.
    const until = Math.min(last, Math.ceil(right.x - 0.5) - 1);
    for (let x = Math.max(first, Math.ceil(left.x - 0.5)); x <= until; x++) {
      const share = (x + 0.5 - left.x) / (right.x - left.x);
      columns[x - first]!.push({ y: left.y + share * (right.y - left.y), turn });
    }
  });
  return columns;
}
