import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as rle from "./rle";

/** Masks as rows of booleans, up to 14 × 14. */
const masks = fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })).chain(([width, height]) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    bits: fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }),
  }),
);

/** Canonical runs down the columns, counted pixel by pixel. */
function runsOf(bits: readonly boolean[], width: number, height: number): number[] {
  const runs = [0];
  let set = false;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (bits[y * width + x] === set) runs[runs.length - 1]! += 1;
      else {
        runs.push(1);
        set = !set;
      }
    }
  }
  return runs;
}

describe("compressed counts", () => {
  // What pycocotools writes for these runs.
  it.each([
    [[25], "i0"],
    [[0, 25], "0i0"],
    [[6, 8, 2, 4, 1], "682LO"],
    [[3, 2, 100, 7, 90, 1200, 33], "32T35FYU1WN"],
  ])("of %j are %s", (runs, counts) => {
    expect(rle.encodeRuns(runs)).toBe(counts);
    expect(rle.decodeRuns(counts)).toEqual(runs);
  });

  it("come back as they went, far above 2^31", () => {
    const run = fc.integer({ min: 0, max: 2 ** 45 });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 40 }), (runs) => {
        expect(rle.decodeRuns(rle.encodeRuns(runs))).toEqual(runs);
      }),
    );
  });

  it.each(["0\n", "p", "P"])("refuses %j", (counts) => {
    expect(() => rle.decodeRuns(counts)).toThrow(rle.RleError);
  });

  it("refuses a negative run", () => {
    expect(() => rle.decodeRuns("O")).toThrow("negative");
  });
});

describe("patch and view", () => {
  it("agree with counting pixels, and lead back to each other", () => {
    fc.assert(
      fc.property(masks, ({ width, height, bits }) => {
        const runs = runsOf(bits, width, height);
        const counts = rle.encodeRuns(runs);
        const patch = rle.patchOfView(counts, width, height);
        const pixels = bits.filter(Boolean).length;
        expect(rle.area(patch.runs)).toBe(pixels);
        expect(rle.viewCounts(patch, width, height)).toBe(counts);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            expect(rle.covers(patch, x + 0.5, y + 0.99)).toBe(bits[y * width + x]);
          }
        }
        if (pixels > 0) {
          const xs = bits.flatMap((set, index) => (set ? [index % width] : []));
          const ys = bits.flatMap((set, index) => (set ? [Math.floor(index / width)] : []));
          const [left, top] = [Math.min(...xs), Math.min(...ys)];
          expect(patch.box).toEqual([left, top, Math.max(...xs) - left + 1, Math.max(...ys) - top + 1]);
        }
      }),
    );
  });

  it("decode to bits, column by column", () => {
    fc.assert(
      fc.property(masks, ({ width, height, bits }) => {
        const patch = { box: [3, 5, width, height] as const, runs: runsOf(bits, width, height) };
        const decoded = rle.bitsOf(patch);
        bits.forEach((bit, index) => {
          const [x, y] = [index % width, Math.floor(index / width)];
          expect(decoded[x * height + y]).toBe(Number(bit));
        });
      }),
    );
  });

  it("of a loose box become the tight one", () => {
    const loose = rle.patchOf([10, 20, 3, 3], rle.encodeRuns([4, 1, 4]));
    expect(rle.patchOfView(rle.viewCounts(loose, 40, 50), 40, 50)).toEqual({ box: [11, 21, 1, 1], runs: [0, 1] });
  });

  it("of nothing are empty", () => {
    expect(rle.viewCounts(rle.EMPTY, 4, 3)).toBe(rle.encodeRuns([12]));
    expect(rle.patchOfView(rle.encodeRuns([12]), 4, 3)).toBe(rle.EMPTY);
    expect(rle.patchOf([0, 0, 0, 0], "")).toBe(rle.EMPTY);
  });

  it("refuse a box that leaves the view, and runs that do not fill theirs", () => {
    const patch = { box: [2, 0, 3, 1] as const, runs: [0, 3] };
    expect(() => rle.viewCounts(patch, 4, 4)).toThrow("not inside");
    expect(() => rle.viewCounts({ ...patch, box: [0, 0, 2, 1] }, 4, 4)).toThrow("do not fill");
    expect(() => rle.patchOf([0, 0, 2, 2], rle.encodeRuns([0, 3]))).toThrow("do not fill");
    expect(() => rle.patchOfView(rle.encodeRuns([0, 3]), 2, 2)).toThrow("3 pixels");
  });

  it("compare by content", () => {
    const patch = { box: [1, 1, 1, 2] as const, runs: [0, 2] };
    expect(rle.same(patch, { box: [1, 1, 1, 2], runs: [0, 2] })).toBe(true);
    expect(rle.same(patch, { box: [1, 1, 1, 2], runs: [1, 1] })).toBe(false);
    expect(rle.same(patch, { box: [0, 1, 1, 2], runs: [0, 2] })).toBe(false);
  });
});
