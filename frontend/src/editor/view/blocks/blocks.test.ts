/** Which blocks a view needs, and what is kept of them. */

import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Blocks } from "../../server/types";
import type { Surface } from "../canvas";
import type { Decode } from "../decoding";
import { BlockPicture } from "./picture";
import { Pyramid, seenThrough, type Sight } from "./pyramid";
import { BlockStore } from "./store";

const blocks = (lossless: boolean, coarsest = 16, side = 1024): Blocks => {
  const factors = Array.from({ length: Math.log2(coarsest) + 1 }, (_, index) => 2 ** index);
  const levels = factors.map((factor) => ({ name: String(factor), factor }));
  const exact = lossless ? [{ name: "exact", factor: 1 }] : [];
  return { status: "", url: "/{level}/{row}/{column}", side, levels: [...exact, ...levels] };
};

describe("a pyramid", () => {
  const size = { width: 20_000, height: 20_000 };

  it("has the level that is just fine enough, and for single pixels the one that lost nothing", () => {
    const name = (pyramid: Pyramid, density: number) => pyramid.levels[pyramid.levelFor(density)]!.name;
    const lossless = new Pyramid(size, blocks(true));
    const densities = [0.01, 0.04, 0.0625, 0.07, 0.3, 0.5, 0.51, 1, 1.9, 2, 64];
    const names = ["16", "16", "16", "8", "2", "2", "1", "1", "1", "exact", "exact"];
    expect(densities.map((density) => name(lossless, density))).toEqual(names);
    expect(name(new Pyramid(size, blocks(false)), 8)).toBe("1");
  });

  it("covers whatever is in sight with blocks inside the picture, each once, those seen first", () => {
    const side = fc.integer({ min: 1, max: 9_000 });
    const picture = fc.record({ width: side, height: side });
    fc.assert(
      fc.property(picture, fc.tuple(fc.nat(9_000), fc.nat(9_000), side, side), fc.nat(3), (size, sights, level) => {
        const [left, top] = [Math.min(sights[0], size.width - 1), Math.min(sights[1], size.height - 1)];
        const sight: Sight = [
          left,
          top,
          Math.min(size.width, left + sights[2]),
          Math.min(size.height, top + sights[3]),
        ];
        const pyramid = new Pyramid(size, blocks(false, 8, 256));
        const all = pyramid.wanted(level, sight);
        expect(new Set(all.map((block) => pyramid.url(block))).size).toBe(all.length);
        const seen = pyramid.within(level, sight);
        expect(
          all
            .slice(0, seen.length)
            .map((block) => pyramid.url(block))
            .sort(),
        ).toEqual(seen.map((block) => pyramid.url(block)).sort());
        let covered = 0;
        for (const block of all) {
          const [x, y, width, height] = pyramid.box(block);
          expect(x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height).toBe(true);
          expect(width > 0 && height > 0).toBe(true);
          const across = Math.min(sight[2], x + width) - Math.max(sight[0], x);
          const down = Math.min(sight[3], y + height) - Math.max(sight[1], y);
          covered += Math.max(0, across) * Math.max(0, down);
        }
        expect(covered).toBe((sight[2] - sight[0]) * (sight[3] - sight[1]));
      }),
    );
  });

  it("leads through another window to the same blocks", () => {
    const through = new Pyramid(size, seenThrough({ ...blocks(true), url: "/{level}?v=1" }, "/window?low=3&high=9"));
    expect(through.levels.map(({ name }) => name)).toEqual(["16", "8", "4", "2", "1"]);
    expect(through.url({ level: 4, row: 0, column: 0 })).toBe("/1?v=1&low=3&high=9");
  });

  it("wants the middle first", () => {
    const pyramid = new Pyramid(size, blocks(false));
    const first = pyramid.wanted(4, [5_000, 5_000, 8_000, 8_000])[0]!;
    expect(pyramid.box(first)).toEqual([6144, 6144, 1024, 1024]);
  });
});

const bitmap = (side = 16) => ({ width: side, height: side, close: vi.fn() }) as unknown as ImageBitmap;
const EACH = 4 * 16 * 16;
const soon = () => new Promise((resolve) => setTimeout(resolve));

describe("decoded blocks", () => {
  let answers: Map<
    string,
    { resolve: (bitmap: ImageBitmap) => void; reject: (error: Error) => void; signal: AbortSignal }
  >;
  const load = (url: string, signal: AbortSignal) =>
    new Promise<ImageBitmap>((resolve, reject) => {
      answers.set(url, { resolve, reject, signal });
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const changed = vi.fn();
  const store = (most: number, base = new Map<string, ImageBitmap>()) =>
    new BlockStore(base, load, changed, most * EACH);
  const come = async (url: string, one = bitmap()) => {
    answers.get(url)!.resolve(one);
    await soon();
    return one;
  };

  beforeEach(() => {
    answers = new Map();
    changed.mockClear();
  });

  it("are asked for a few at a time, in their order, and called off when they are not wanted any more", async () => {
    const some = store(100);
    some.want(["a", "b", "c", "d", "e"], EACH);
    expect([...answers.keys()]).toEqual(["a", "b", "c", "d"]);
    const a = await come("a");
    expect([...answers.keys()]).toEqual(["a", "b", "c", "d", "e"]);
    expect(some.get("a")).toBe(a);
    some.want(["a", "e", "f"], EACH);
    await soon();
    expect(["b", "c", "d", "e"].map((url) => answers.get(url)!.signal.aborted)).toEqual([true, true, true, false]);
    expect([...answers.keys()].at(-1)).toBe("f");
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("never take more room than there is: what was not used for longest goes, the base and what is wanted stay", async () => {
    const base = bitmap();
    const some = store(4, new Map([["base", base]]));
    const came: ImageBitmap[] = [];
    for (const url of ["a", "b", "c"]) {
      some.want([url], EACH);
      came.push(await come(url));
    }
    expect(some.bytes).toBe(4 * EACH);
    some.get("a");
    some.want(["d"], EACH);
    await come("d");
    expect(some.bytes).toBe(4 * EACH);
    expect(came.map((one) => vi.mocked(one.close).mock.calls.length)).toEqual([0, 1, 0]);
    expect([some.get("a"), some.get("b"), some.get("base")]).toEqual([came[0], null, base]);
    some.want(["1", "2", "3", "4", "5", "6"], EACH);
    for (const url of ["1", "2", "3"]) await come(url);
    expect([...answers.keys()]).not.toContain("4");
    expect(some.bytes).toBe(4 * EACH);
    some.dispose();
    expect([some.bytes, vi.mocked(base.close).mock.calls.length]).toEqual([0, 1]);
  });

  it("that are not in sight come when nothing else does", async () => {
    const some = store(100);
    some.want(["a"], EACH);
    const brought = vi.fn();
    void some.bring("x").then(brought);
    void some.bring("y").then(brought);
    expect([...answers.keys()]).toEqual(["a"]);
    await come("a");
    expect([...answers.keys()]).toEqual(["a", "x"]);
    some.want(["b"], EACH);
    await come("x");
    expect(brought).toHaveBeenCalledTimes(1);
    expect([...answers.keys()]).toEqual(["a", "x", "b"]);
    await come("b");
    await come("y");
    expect([brought.mock.calls.length, changed.mock.calls.length]).toEqual([2, 2]);
    await some.bring("a");
  });

  it("are closed when they come after they were called off", async () => {
    const late = bitmap();
    let resolve = (_: ImageBitmap) => {};
    const some = new BlockStore(new Map(), () => new Promise((done) => (resolve = done)), changed);
    some.want(["a"], EACH);
    some.want([], EACH);
    resolve(late);
    await soon();
    expect([vi.mocked(late.close).mock.calls.length, some.get("a"), some.bytes]).toEqual([1, null, 0]);
  });

  it("are asked for again after a while when the server did not answer", async () => {
    vi.useFakeTimers();
    const some = store(9);
    some.want(["a"], EACH);
    answers.get("a")!.reject(new Error("down"));
    await vi.advanceTimersByTimeAsync(0);
    answers.clear();
    some.want(["a"], EACH);
    expect(answers.size).toBe(0);
    await vi.advanceTimersByTimeAsync(4_000);
    expect([...answers.keys()]).toEqual(["a"]);
    vi.useRealTimers();
  });
});

describe("a picture in blocks", () => {
  const size = { width: 100, height: 70 };
  const drawn: { url: string; to: number[]; smooth: boolean }[] = [];
  const urls = new Map<ImageBitmap, string>();
  const context = {
    filter: "",
    imageSmoothingEnabled: true,
    setTransform: () => {},
    drawImage(this: { imageSmoothingEnabled: boolean }, one: ImageBitmap, ...at: number[]) {
      drawn.push({ url: urls.get(one)!, to: at.slice(4), smooth: this.imageSmoothingEnabled });
    },
  } as unknown as CanvasRenderingContext2D;
  const surface = (scale: number, x = 0, y = 0): Surface => ({
    context,
    viewport: { scale, x, y },
    screen: { width: 100, height: 70 },
    ratio: 1,
  });
  const decode: Decode = (job) =>
    Promise.resolve(
      job.urls.map((url) => {
        const one = bitmap();
        urls.set(one, url);
        return one;
      }),
    );

  it("is drawn coarse at first and then fine, without gaps between blocks at any scale", async () => {
    const changed = vi.fn();
    const picture = await BlockPicture.load(blocks(false, 4, 16), size, decode, changed);
    picture.draw(surface(1.37, 0.3, 0.7));
    expect([picture.detail, new Set(drawn.map(({ url }) => url.split("/")[1]))]).toEqual(["loading", new Set(["4"])]);
    await vi.waitFor(() => {
      drawn.length = 0;
      picture.draw(surface(1.37, 0.3, 0.7));
      expect(picture.detail).toBe("full");
    });
    expect(new Set(drawn.map(({ url, smooth }) => url.split("/")[1]! + String(smooth)))).toEqual(new Set(["1true"]));
    const ends = (from: 0 | 1) => [...new Set(drawn.map(({ to }) => to[from]!))].sort((a, b) => a - b);
    const stops = (from: 0 | 1) => [...new Set(drawn.map(({ to }) => to[from]! + to[from + 2]!))].sort((a, b) => a - b);
    for (const axis of [0, 1] as const) expect(ends(axis).slice(1)).toEqual(stops(axis).slice(0, -1));
    expect(drawn.every(({ to }) => to.every(Number.isInteger))).toBe(true);
    drawn.length = 0;
    picture.draw(surface(8));
    expect(drawn.every(({ smooth }) => !smooth)).toBe(true);
  });

  it("that was left in the middle of loading asks for nothing more", async () => {
    const asked = vi.fn(decode);
    const picture = await BlockPicture.load(blocks(false, 4, 16), size, asked, () => {});
    picture.dispose();
    const before = asked.mock.calls.length;
    await soon();
    expect([asked.mock.calls.length, picture.bytes]).toEqual([before, 0]);
  });
});
