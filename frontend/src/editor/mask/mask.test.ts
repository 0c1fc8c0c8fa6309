/** The hand's tools against bitmaps: every one does to spans what the plain definition does to pixels. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Size } from "../lib/geometry";
import { bitsOf, drawing, fromPixels, masks, pixel, shown, spansFrom, type Bits } from "./brute";
import * as hands from "./hand";
import { grow, shrink, smooth } from "./morphology";
import { attachedTo, holes, largest, partAt, parts } from "./parts";
import { encodeRuns, decodeRuns, patchOf as patchOfCounts, viewCounts, patchOfView } from "./rle";
import { polygon, seat, stroke } from "./shapes";
import * as spans from "./spans";

const NEAR = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

describe("spans", () => {
  it("combine like pixels", () => {
    fc.assert(
      fc.property(masks(2), ({ view, masks: [one, other] }) => {
        const [a, b] = [spansFrom(one!), spansFrom(other!)];
        const both = (test: (first: boolean, second: boolean) => boolean) =>
          one!.map((set, at) => test(set, other![at]!));
        expect(bitsOf(spans.union(a, b), view)).toEqual(both((x, y) => x || y));
        expect(bitsOf(spans.subtract(a, b), view)).toEqual(both((x, y) => x && !y));
        expect(bitsOf(spans.intersect(a, b), view)).toEqual(both((x, y) => x && y));
        expect(spans.area(a)).toBe(one!.filter(Boolean).length);
        expect(one!.map((_, at) => spans.has(a, at))).toEqual(one);
      }),
    );
  });

  it("have one form, whatever they were made of", () => {
    fc.assert(
      fc.property(masks(3), ({ masks: all }) => {
        const [a, b, c] = all.map(spansFrom) as [spans.Spans, spans.Spans, spans.Spans];
        expect(spans.unionAll([a, b, c])).toEqual(spans.union(c, spans.union(b, a)));
        expect(spans.subtract(a, spans.subtract(a, b))).toEqual(spans.intersect(a, b));
      }),
    );
  });

  it("become patches and COCO runs and come back", () => {
    fc.assert(
      fc.property(masks(1), ({ view, masks: [bits] }) => {
        const made = spansFrom(bits!);
        const patch = spans.patchOf(made, view.height);
        expect(spans.spansOf(patch, view.height)).toEqual(made);
        expect(spans.area(made)).toBe(patch.runs.reduce((sum, run, at) => sum + (at % 2 ? run : 0), 0));
        // Canonical: the same runs as from the whole view's counts, and through the wire.
        expect(patchOfView(viewCounts(patch, view.width, view.height), view.width, view.height)).toEqual(patch);
        expect(decodeRuns(encodeRuns(patch.runs))).toEqual(patch.runs);
        expect(patchOfCounts(patch.box, encodeRuns(patch.runs))).toEqual(patch);
      }),
    );
  });
});

describe("a brush", () => {
  const VIEW: Size = { width: 24, height: 20 };
  const place = fc.record({
    x: fc.double({ min: -6, max: 30, noNaN: true }),
    y: fc.double({ min: -6, max: 26, noNaN: true }),
  });

  it("covers the pixels within half its size of its way, and no others", () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 9 }), (points, size) => {
        const seats = points.map((point) => seat(point, size));
        const made = bitsOf(stroke(points, size, VIEW), VIEW);
        const wrong = made.filter((set, at) => {
          const middle = { x: Math.floor(at / VIEW.height) + 0.5, y: (at % VIEW.height) + 0.5 };
          const distance = Math.min(...seats.map((to, index) => away(middle, seats[Math.max(0, index - 1)]!, to)));
          return Math.abs(distance - size / 2) > 1e-5 && set !== distance < size / 2;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("of one pixel paints the pixel under the pointer", () => {
    for (const x of [3, 3.2, 3.99])
      expect(spans.patchOf(stroke([{ x, y: 7.5 }], 1, VIEW), 20).box).toEqual([3, 7, 1, 1]);
  });

  it("of four pixels is round", () => {
    const view = { width: 4, height: 4 };
    expect(shown(stroke([{ x: 2, y: 2 }], 4, view), view)).toEqual([".##.", "####", "####", ".##."]);
  });

  function away(point: { x: number; y: number }, from: { x: number; y: number }, to: { x: number; y: number }): number {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
    const share = Math.max(0, Math.min(1, along));
    return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
  }
});

describe("a polygon", () => {
  const VIEW: Size = { width: 14, height: 12 };
  const corner = fc.record({
    x: fc.double({ min: -3, max: 17, noNaN: true }),
    y: fc.double({ min: -3, max: 15, noNaN: true }),
  });

  it("has the pixels that it goes around", () => {
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 7 }), (corners) => {
        const made = bitsOf(polygon(corners, VIEW), VIEW);
        expect(made).toEqual(fromPixels(VIEW, (x, y) => winding(corners, x + 0.5, y + 0.5) !== 0));
      }),
    );
  });

  it("encloses nothing where the line comes back the way it went", () => {
    const far = { x: 16.999999999999975, y: 14.999999999999979 };
    expect(polygon([{ x: 0, y: 0 }, far, { x: 0, y: 0 }], VIEW)).toEqual(spans.NONE);
  });

  it("of whole pixels has exactly those, in either direction", () => {
    const corners = [
      { x: 2, y: 3 },
      { x: 6, y: 3 },
      { x: 6, y: 8 },
      { x: 2, y: 8 },
    ];
    for (const way of [corners, corners.toReversed()]) {
      const patch = spans.patchOf(polygon(way, VIEW), VIEW.height);
      expect(patch).toEqual({ box: [2, 3, 4, 5], runs: [0, 20] });
    }
  });

  /** How often the line goes around a point: crossings of the ray upwards, by direction. */
  function winding(corners: { x: number; y: number }[], x: number, y: number): number {
    let turns = 0;
    corners.forEach((from, index) => {
      const to = corners[(index + 1) % corners.length]!;
      if (from.x <= x === to.x <= x) return;
      // From left to right: a line that comes back the way it went must round as it did, and encloses nothing.
      const [left, right] = from.x < to.x ? [from, to] : [to, from];
      const at = left.y + ((x - left.x) / (right.x - left.x)) * (right.y - left.y);
      if (at <= y) turns += to.x > from.x ? 1 : -1;
    });
    return turns;
  }
});

describe("parts", () => {
  it("are those that a flood finds", () => {
    fc.assert(
      fc.property(masks(1), fc.boolean(), ({ view, masks: [bits] }, corners) => {
        const found = parts(spansFrom(bits!), view.height, corners);
        const flooded = flood(bits!, view, corners);
        expect(found.map((part) => bitsOf(part, view))).toEqual(flooded);
        const sizes = found.map(spans.area);
        if (corners) expect(spans.area(largest(spansFrom(bits!), view.height))).toBe(Math.max(0, ...sizes));
      }),
    );
  });

  it("are found by a pixel", () => {
    const { spans: mask, view } = drawing("##..", "..#.", "....", "#..#");
    expect(shown(partAt(mask, 0, view.height), view)).toEqual(["##..", "..#.", "....", "...."]);
    expect(partAt(mask, 3 * view.height, view.height)).toEqual(spans.NONE);
    expect(shown(attachedTo(mask, drawing("....", "...#", "....", "....").spans, view), view)).toEqual([
      "##..",
      "..#.",
      "....",
      "....",
    ]);
  });

  it("of what is not the mask are holes, unless they get out", () => {
    fc.assert(
      fc.property(masks(1), ({ view, masks: [bits] }) => {
        const found = bitsOf(holes(spans.patchOf(spansFrom(bits!), view.height), view.height), view);
        const outside = flood(
          bits!.map((set) => !set),
          view,
          false,
        ).filter((part) =>
          part.every((set, at) => {
            const [x, y] = [Math.floor(at / view.height), at % view.height];
            return !set || (x > 0 && y > 0 && x < view.width - 1 && y < view.height - 1);
          }),
        );
        expect(found).toEqual(bits!.map((_, at) => outside.some((part) => part[at])));
      }),
    );
  });

  function flood(bits: Bits, view: Size, corners: boolean): Bits[] {
    const left = [...bits];
    const found: Bits[] = [];
    const reach = corners ? [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => [x, y] as const)) : NEAR;
    for (let start = 0; start < left.length; start++) {
      if (!left[start]) continue;
      const part: Bits = left.map(() => false);
      const todo = [start];
      while (todo.length > 0) {
        const at = todo.pop()!;
        if (!left[at]) continue;
        left[at] = false;
        part[at] = true;
        const [x, y] = [Math.floor(at / view.height), at % view.height];
        for (const [dx, dy] of reach) {
          const inside = x + dx >= 0 && y + dy >= 0 && x + dx < view.width && y + dy < view.height;
          if (inside) todo.push((x + dx) * view.height + y + dy);
        }
      }
      found.push(part);
    }
    return found;
  }
});

describe("growing, shrinking, smoothing", () => {
  it("look at the neighbours", () => {
    fc.assert(
      fc.property(masks(1), ({ view, masks: [bits] }) => {
        const mask = spansFrom(bits!);
        const [around, within] = [pixel(bits!, view, false), pixel(bits!, view, true)];
        const near = (x: number, y: number) => NEAR.map(([dx, dy]) => [x + dx, y + dy] as const);
        expect(bitsOf(grow(mask, view), view)).toEqual(
          fromPixels(view, (x, y) => near(x, y).some((at) => around(...at))),
        );
        expect(bitsOf(shrink(mask, view), view)).toEqual(
          fromPixels(view, (x, y) => near(x, y).every((at) => within(...at))),
        );
      }),
    );
  });

  it("are each other's opposites: what grows into B is what B shrinks to", () => {
    fc.assert(
      fc.property(masks(2), ({ view, masks: [one, other] }) => {
        const [a, b] = [spansFrom(one!), spansFrom(other!)];
        const inside = (small: spans.Spans, large: spans.Spans) => spans.subtract(small, large).length === 0;
        expect(inside(grow(a, view), b)).toBe(inside(a, shrink(b, view)));
        expect(inside(a, shrink(grow(a, view), view))).toBe(true);
        expect(inside(grow(shrink(a, view), view), a)).toBe(true);
      }),
    );
  });

  it("give a rectangle back that grew and shrank", () => {
    const { spans: mask, view } = drawing("......", "......", "..##..", "..##..", "......", "......");
    expect(shrink(grow(mask, view), view)).toEqual(mask);
  });

  it("take the majority of 25 pixels", () => {
    fc.assert(
      fc.property(masks(1), ({ view, masks: [bits] }) => {
        const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < view.width && y < view.height;
        const at = pixel(bits!, view, false);
        const majority = (x: number, y: number) => {
          let votes = 0;
          for (let dx = -2; dx <= 2; dx++)
            for (let dy = -2; dy <= 2; dy++) if (inside(x + dx, y + dy)) votes += at(x + dx, y + dy) ? 1 : -1;
          return votes === 0 ? at(x, y) : votes > 0;
        };
        // Only pixels between the mask's own rows and columns can win a vote where the view is not tiny.
        const mask = spansFrom(bits!);
        const [left, top, wide, tall] = spans.patchOf(mask, view.height).box;
        const boxed = (x: number, y: number) => x >= left && y >= top && x < left + wide && y < top + tall;
        expect(bitsOf(smooth(mask, view), view)).toEqual(fromPixels(view, (x, y) => boxed(x, y) && majority(x, y)));
      }),
    );
  });
});

describe("the hand over the answer", () => {
  const { spans: answer, view } = drawing("####....", "####....", "........", "........");
  const limb = drawing("....##..", "........", "........", "........").spans;
  const island = drawing("........", "........", "........", ".....###").spans;
  const nothing = spans.NONE;

  it("adds and cuts, the later stroke wins", () => {
    let hand = hands.drawn(hands.UNTOUCHED, limb, answer, view);
    hand = hands.cut(hand, drawing(".....#..", "#.......", "........", "........").spans);
    expect(shown(hands.over(answer, hand, view), view)).toEqual(["#####...", ".###....", "........", "........"]);
    hand = hands.drawn(hand, drawing("........", "#.......", "........", "........").spans, answer, view);
    expect(shown(hands.over(answer, hand, view), view)[1]).toBe("####....");
  });

  it("stays when later clicks change the rest", () => {
    const hand = hands.cut(
      hands.drawn(hands.UNTOUCHED, limb, answer, view),
      drawing("#.......", "........", "........", "........").spans,
    );
    const larger = drawing("####....", "####....", "####....", "........").spans;
    expect(shown(hands.over(larger, hand, view), view)).toEqual([".#####..", "####....", "####....", "........"]);
  });

  it("goes with what it was drawn onto, unless it stood alone", () => {
    let hand = hands.drawn(hands.UNTOUCHED, limb, answer, view);
    hand = hands.drawn(hand, island, hands.over(answer, hand, view), view);
    expect(hands.over(nothing, hand, view)).toEqual(island);
    expect(spans.area(hands.over(answer, hand, view))).toBe(8 + 2 + 3);
  });

  it("gives way where a later click says otherwise", () => {
    const hand = hands.drawn(
      hands.cut(hands.UNTOUCHED, drawing("##......", "........", "........", "........").spans),
      island,
      answer,
      view,
    );
    const taken = hands.clicked(hand, 0, true, view.height);
    expect(taken.removed).toEqual(nothing);
    expect(taken.free).toEqual(island);
    expect(hands.clicked(hand, 6 * view.height + 3, false, view.height).free).toEqual(nothing);
    expect(hands.clicked(hand, 6 * view.height + 3, true, view.height).free).toEqual(island);
  });
});
