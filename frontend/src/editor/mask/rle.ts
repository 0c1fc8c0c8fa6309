/** COCO RLE: runs down the columns, zeros first; compressed, each run is a few characters of 5 bits and a carry.
 *
 * A *patch* is a mask inside its bounding box, as the socket sends it; the *view* form has the whole picture's size and
 * is what is kept. Going from one to the other is arithmetic on runs: no canvas of the picture's size is ever made.
 */

import type { Box } from "../lib/geometry";

/** The run lengths, zeros first. Only the first may be 0 in the canonical form that `encodeRuns` expects. */
export type Runs = readonly number[];

/** A mask inside its bounding box; `runs` add up to the box's width × height, column by column. */
export interface Patch {
  readonly box: Box;
  readonly runs: Runs;
}

export class RleError extends Error {}

export const EMPTY: Patch = { box: [0, 0, 0, 0], runs: [] };

/** The runs of compressed counts. Throws RleError on a foreign character, an unfinished number or a negative run. */
export function decodeRuns(counts: string): number[] {
  const runs: number[] = [];
  let value = 0;
  let weight = 1; // 32^k by multiplication: shifts would wrap at 2^31
  for (let index = 0; index < counts.length; index++) {
    const code = counts.charCodeAt(index) - 48;
    if (code < 0 || code > 63) throw new RleError(`Compressed RLE does not use “${counts[index]}”.`);
    value += (code & 0x1f) * weight;
    weight *= 32;
    if (code & 0x20) continue;
    if (code & 0x10) value -= weight;
    if (runs.length > 2) value += runs[runs.length - 2]!;
    if (value < 0) throw new RleError("The RLE has a negative run.");
    runs.push(value);
    value = 0;
    weight = 1;
  }
  if (weight !== 1) throw new RleError("The RLE ends inside a number.");
  return runs;
}

/** Compressed counts, character for character what pycocotools writes. */
export function encodeRuns(runs: Runs): string {
  let counts = "";
  for (let index = 0; index < runs.length; index++) {
    let value = runs[index]! - (index > 2 ? runs[index - 2]! : 0);
    for (;;) {
      const low = ((value % 32) + 32) % 32;
      value = Math.floor(value / 32);
      const finished = low & 0x10 ? value === -1 : value === 0;
      counts += String.fromCharCode((finished ? low : low | 0x20) + 48);
      if (finished) break;
    }
  }
  return counts;
}

/** Appends runs so that they stay canonical: equal neighbours grow together, nothing but the first run is 0. */
class RunWriter {
  readonly runs: number[] = [0];

  add(length: number, set: boolean): void {
    if (length === 0) return;
    if ((this.runs.length - 1) % 2 === Number(set)) this.runs[this.runs.length - 1]! += length;
    else this.runs.push(length);
  }
}

/** Calls `segment(start, length)` for each vertical stretch of set pixels; `start` counts pixels column by column. */
export function eachSegment(runs: Runs, height: number, segment: (start: number, length: number) => void): void {
  let at = 0;
  for (let index = 0; index < runs.length; index++) {
    const end = at + runs[index]!;
    if (index % 2 === 1) {
      while (at < end) {
        const length = Math.min(end - at, height - (at % height));
        segment(at, length);
        at += length;
      }
    }
    at = end;
  }
}

/** Pixels set. */
export function area(runs: Runs): number {
  let total = 0;
  for (let index = 1; index < runs.length; index += 2) total += runs[index]!;
  return total;
}

/** All pixels, set or not. */
export function size(runs: Runs): number {
  return runs.reduce((total, run) => total + run, 0);
}

/** The patch's compressed counts at the size of the view. Throws RleError when the box leaves the view. */
export function viewCounts(patch: Patch, viewWidth: number, viewHeight: number): string {
  const [x, y, width, height] = patch.box;
  if (x < 0 || y < 0 || x + width > viewWidth || y + height > viewHeight) {
    throw new RleError(`The box ${patch.box.join(", ")} is not inside ${viewWidth} × ${viewHeight}.`);
  }
  if (size(patch.runs) !== width * height) throw new RleError("The patch's runs do not fill its box.");
  const writer = new RunWriter();
  let written = 0;
  eachSegment(patch.runs, height, (start, length) => {
    const column = Math.floor(start / height);
    const position = (x + column) * viewHeight + y + (start % height);
    writer.add(position - written, false);
    writer.add(length, true);
    written = position + length;
  });
  writer.add(viewWidth * viewHeight - written, false);
  return encodeRuns(writer.runs);
}

/** The tight patch of whole-view counts. Throws RleError when they are not of `viewWidth × viewHeight` pixels. */
export function patchOfView(counts: string, viewWidth: number, viewHeight: number): Patch {
  const runs = decodeRuns(counts);
  if (size(runs) !== viewWidth * viewHeight) {
    throw new RleError(`The RLE has ${size(runs)} pixels; ${viewWidth} × ${viewHeight} is ${viewWidth * viewHeight}.`);
  }
  let [left, top, right, bottom] = [viewWidth, viewHeight, -1, -1];
  eachSegment(runs, viewHeight, (start, length) => {
    const column = Math.floor(start / viewHeight);
    const row = start % viewHeight;
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + length - 1);
  });
  if (right < 0) return EMPTY;
  const [width, height] = [right - left + 1, bottom - top + 1];
  const writer = new RunWriter();
  let written = 0;
  eachSegment(runs, viewHeight, (start, length) => {
    const position = (Math.floor(start / viewHeight) - left) * height + (start % viewHeight) - top;
    writer.add(position - written, false);
    writer.add(length, true);
    written = position + length;
  });
  writer.add(width * height - written, false);
  return { box: [left, top, width, height], runs: writer.runs };
}

/** The patch of a socket answer. Throws RleError when the runs do not fill the box. */
export function patchOf(box: Box, counts: string): Patch {
  const runs = decodeRuns(counts);
  if (size(runs) !== box[2] * box[3]) throw new RleError("The patch's runs do not fill its box.");
  return area(runs) === 0 ? EMPTY : { box, runs };
}

/** Whether the view pixel (floor of `x`, floor of `y`) is in the mask. */
export function covers(patch: Patch, x: number, y: number): boolean {
  const column = Math.floor(x) - patch.box[0];
  const row = Math.floor(y) - patch.box[1];
  if (column < 0 || row < 0 || column >= patch.box[2] || row >= patch.box[3]) return false;
  const target = column * patch.box[3] + row;
  let end = 0;
  for (let index = 0; index < patch.runs.length; index++) {
    end += patch.runs[index]!;
    if (target < end) return index % 2 === 1;
  }
  return false;
}

/** Bytes, 1 where set, of the box's `width × height`, column by column like the runs. */
export function bitsOf(patch: Patch): Uint8Array {
  const bits = new Uint8Array(patch.box[2] * patch.box[3]);
  let at = 0;
  patch.runs.forEach((run, index) => {
    if (index % 2 === 1) bits.fill(1, at, at + run);
    at += run;
  });
  return bits;
}

/** Whether two patches are the same mask. */
export function same(one: Patch, other: Patch): boolean {
  return (
    one.box.every((value, index) => value === other.box[index]) &&
    one.runs.length === other.runs.length &&
    one.runs.every((run, index) => run === other.runs[index])
  );
}
