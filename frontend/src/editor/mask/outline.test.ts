import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outline, soften, thin, type Loop } from "./outline";
import { bitsOf, type Patch } from "./rle";

const patches = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
  fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }).map((bits): Patch => {
    const runs = [0];
    bits.forEach((set, index) => {
      if (set === (index > 0 && bits[index - 1]!)) runs[runs.length - 1]! += 1;
      else runs.push(1);
    });
    return { box: [7, 11, width, height], runs };
  }),
);

function corners(loop: Loop): [number, number][] {
  return Array.from({ length: loop.length / 2 }, (_, index) => [loop[2 * index]!, loop[2 * index + 1]!]);
}

/** The even-odd rule at a point: crossings of a ray to the left. */
function inside(loops: readonly Loop[], x: number, y: number): boolean {
  let crossings = 0;
  for (const loop of loops) {
    const points = corners(loop);
    points.forEach(([x0, y0], index) => {
      const [, y1] = points[(index + 1) % points.length]!;
      if (x0 < x && Math.min(y0, y1) < y && Math.max(y0, y1) > y) crossings += 1;
    });
  }
  return crossings % 2 === 1;
}

describe("outline", () => {
  it("encloses exactly the mask's pixels, holes left out", () => {
    fc.assert(
      fc.property(patches, (patch) => {
        const loops = outline(patch);
        const [left, top, , height] = patch.box;
        bitsOf(patch).forEach((bit, index) => {
          const [x, y] = [left + Math.floor(index / height) + 0.5, top + (index % height) + 0.5];
          expect(inside(loops, x, y)).toBe(bit === 1);
        });
      }),
    );
  });

  it("has corners only where it turns", () => {
    expect(outline({ box: [2, 3, 4, 2], runs: [0, 8] }).map(corners)).toEqual([
      [
        [6, 3],
        [6, 5],
        [2, 5],
        [2, 3],
      ],
    ]);
  });

  it("keeps a hole as a loop of its own", () => {
    expect(outline({ box: [0, 0, 3, 3], runs: [0, 4, 1, 4] })).toHaveLength(2);
  });
});

describe("pixels that only touch at a corner", () => {
  it("are apart", () => {
    expect(outline({ box: [0, 0, 2, 2], runs: [0, 1, 2, 1] })).toHaveLength(2);
    expect(outline({ box: [0, 0, 2, 2], runs: [1, 2] })).toHaveLength(2);
  });
});

describe("the outline of a very large object", () => {
  it("costs its outline, not its pixels", () => {
    const side = 40_000; // a byte a pixel would be more than there is room for in a test
    const [loop] = outline({ box: [0, 0, side, side], runs: [0, side * side] });
    expect([...loop!]).toEqual([side, 0, side, side, 0, side, 0, 0]);
  });
});

describe("thin", () => {
  it("leaves out corners that nobody can see, and keeps a shape", () => {
    const stairs = Float32Array.from(Array.from({ length: 80 }, (_, index) => Math.floor((index + 1) / 2) % 40));
    const thinned = thin(stairs, 8);
    expect(thinned.length).toBeLessThan(stairs.length / 2);
    expect(thinned.length).toBeGreaterThanOrEqual(6);
    expect(thin(stairs, 0)).toBe(stairs);
    expect(thin(stairs, 1000)).toBe(stairs);
  });
});

describe("soften", () => {
  it("turns stairs into slopes and cuts the corners of a square", () => {
    const square = Float32Array.from([0, 0, 4, 0, 4, 4, 0, 4]);
    expect([...soften(square)]).toEqual([0.5, 0, 3.5, 0, 4, 0.5, 4, 3.5, 3.5, 4, 0.5, 4, 0, 3.5, 0, 0.5]);
    const pixel = Float32Array.from([0, 0, 1, 0, 1, 1, 0, 1]);
    expect([...soften(pixel)]).toEqual([0.5, 0, 1, 0.5, 0.5, 1, 0, 0.5]);
  });

  it("moves no line by more than half a pixel", () => {
    fc.assert(
      fc.property(patches, (patch) => {
        for (const loop of outline(patch)) {
          const exact = corners(loop);
          for (const [x, y] of corners(soften(loop))) {
            const nearest = Math.min(...exact.map(([cx, cy]) => Math.abs(cx - x) + Math.abs(cy - y)));
            expect(nearest).toBeLessThanOrEqual(0.5);
          }
        }
      }),
    );
  });
});
