/** What the hand tools cost on a 40-megapixel picture, in milliseconds of CPU: `npm run bench:masks`. */

import type { Point } from "../editor/lib/geometry";
import { drawn, over, UNTOUCHED } from "../editor/mask/hand";
import { grow, shrink, smooth } from "../editor/mask/morphology";
import { outline } from "../editor/mask/outline";
import { holes, largest } from "../editor/mask/parts";
import { decodeRuns, encodeRuns, patchOfView, viewCounts } from "../editor/mask/rle";
import { polygon, stroke } from "../editor/mask/shapes";
import { area, patchOf, spansOf, subtract, union, type Spans } from "../editor/mask/spans";

const VIEW = { width: 8000, height: 5000 };
const TIMES = 9;

/** A wobbly disc with holes: its outline is long and its columns are cut up, as a real object's are. */
function blob(radius: number): Spans {
  const ring = (r: number, x: number, y: number, lobes: number): Point[] =>
    Array.from({ length: 720 }, (_, index) => {
      const angle = (index / 720) * 2 * Math.PI;
      const reach = r * (1 + 0.08 * Math.sin(lobes * angle) + 0.01 * Math.sin(37 * angle));
      return { x: x + reach * Math.cos(angle), y: y + reach * Math.sin(angle) };
    });
  let mask = polygon(ring(radius, 4000, 2500, 7), VIEW);
  for (let hole = 0; hole < 12; hole++) {
    const angle = (hole / 12) * 2 * Math.PI;
    const [x, y] = [4000 + 0.5 * radius * Math.cos(angle), 2500 + 0.5 * radius * Math.sin(angle)];
    mask = subtract(mask, polygon(ring(radius / 12, x, y, 3), VIEW));
  }
  return mask;
}

function cpu(work: () => unknown): number {
  const taken: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    taken.push((user + system) / 1000);
  }
  return taken.sort((one, other) => one - other)[TIMES >> 1]!;
}

for (const [name, mask] of [
  ["object of 0.4 megapixels", blob(350)],
  ["object of 15 megapixels", blob(2250)],
] as const) {
  const patch = patchOf(mask, VIEW.height);
  const counts = viewCounts(patch, VIEW.width, VIEW.height);
  const path = Array.from({ length: 200 }, (_, index) => ({ x: 3800 + 2 * index, y: 2500 + 80 * Math.sin(index / 9) }));
  const brushed = stroke(path, 64, VIEW);
  const hand = drawn(UNTOUCHED, brushed, mask, VIEW);
  const rows: readonly (readonly [what: string, work: () => unknown])[] = [
    ["stroke of 200 points, 64 px wide", () => stroke(path, 64, VIEW)],
    ["its union with the mask", () => union(mask, brushed)],
    ["the hand's layer over an answer", () => over(mask, hand, VIEW)],
    ["fill holes", () => union(mask, holes(patch, VIEW.height))],
    ["largest part", () => largest(mask, VIEW.height)],
    ["grow", () => grow(mask, VIEW)],
    ["shrink", () => shrink(mask, VIEW)],
    ["smooth", () => smooth(mask, VIEW)],
    ["outline for the screen", () => outline(patch)],
    ["COCO RLE of the view, encoded", () => viewCounts(patchOf(mask, VIEW.height), VIEW.width, VIEW.height)],
    ["and decoded", () => spansOf(patchOfView(counts, VIEW.width, VIEW.height), VIEW.height)],
    ["runs of an answer, both ways", () => decodeRuns(encodeRuns(patch.runs))],
  ];
  console.log(`\n${name}: ${area(mask)} px in a view of ${VIEW.width} × ${VIEW.height}, ${counts.length} characters`);
  for (const [what, work] of rows) console.log(`  ${cpu(work).toFixed(1).padStart(7)} ms  ${what}`);
}
