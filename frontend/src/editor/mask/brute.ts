/** For tests: masks as plain bitmaps, and masks to try things on. */

import fc from "fast-check";
import type { Size } from "../lib/geometry";
import { SpanWriter, type Spans } from "./spans";

export type Bits = boolean[];

export function bitsOf(spans: Spans, { width, height }: Size): Bits {
  const bits: Bits = new Array<boolean>(width * height).fill(false);
  for (let index = 0; index < spans.length; index += 2) bits.fill(true, spans[index], spans[index + 1]);
  return bits;
}

export function spansFrom(bits: Bits): Spans {
  const writer = new SpanWriter();
  bits.forEach((set, index) => set && writer.add(index, index + 1));
  return writer.spans();
}

/** A mask out of rows of text, `#` where it is set. */
export function drawing(...rows: string[]): { spans: Spans; view: Size } {
  const view = { width: rows[0]!.length, height: rows.length };
  const bits: Bits = [];
  for (let x = 0; x < view.width; x++) for (const row of rows) bits.push(row[x] === "#");
  return { spans: spansFrom(bits), view };
}

export function shown(spans: Spans, view: Size): string[] {
  const bits = bitsOf(spans, view);
  return Array.from({ length: view.height }, (_, y) =>
    Array.from({ length: view.width }, (__, x) => (bits[x * view.height + y] ? "#" : ".")).join(""),
  );
}

/** Pixels as `(x, y) → set`; `beyond` outside the view. */
export function pixel(bits: Bits, { width, height }: Size, beyond: boolean): (x: number, y: number) => boolean {
  return (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? beyond : bits[x * height + y]!);
}

export function fromPixels(view: Size, set: (x: number, y: number) => boolean): Bits {
  return Array.from({ length: view.width * view.height }, (_, at) =>
    set(Math.floor(at / view.height), at % view.height),
  );
}

const SIDE = fc.integer({ min: 1, max: 9 });

/** A view, and as many masks in it as wanted. */
export function masks(count: number): fc.Arbitrary<{ view: Size; masks: Bits[] }> {
  return fc.tuple(SIDE, SIDE).chain(([width, height]) => {
    const bits = fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height });
    return fc.record({
      view: fc.constant({ width, height }),
      masks: fc.array(bits, { minLength: count, maxLength: count }),
    });
  });
}
