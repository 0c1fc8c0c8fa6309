import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EMPTY, type Patch } from "../mask/rle";
import type { Tracked } from "../server/connection";
import { Preview } from "./preview";

const click = (x: number) => ({ x, y: 1, positive: true });

describe("the preview of a first click", () => {
  let asked: Tracked[];
  let released: string[];
  let shown: (Patch | null)[];
  let preview: Preview;
  const places = () => asked.map(({ clicks }) => clicks[0]![0]);
  const answer = (object = asked.at(-1)!.object) =>
    preview.receive({ object, patch: EMPTY, clicks: 1, final: true, tiles: [], coarse: false, milliseconds: 1 });

  beforeEach(() => {
    vi.useFakeTimers();
    [asked, released, shown] = [[], [], []];
    const connection = { track: (one: Tracked) => asked.push(one), release: (one: string) => released.push(one) };
    preview = new Preview(connection, (patch) => shown.push(patch));
  });
  afterEach(() => vi.useRealTimers());

  it("asks one thing at a time, and then only for the newest place", () => {
    for (const x of [1, 2, 3, 4]) preview.at(click(x));
    vi.advanceTimersByTime(500);
    expect(places()).toEqual([1]);
    answer();
    expect(places()).toEqual([1, 4]);
    answer();
    vi.advanceTimersByTime(5_000);
    expect(places()).toEqual([1, 4]);
    expect(shown).toEqual([EMPTY, EMPTY]);
  });

  it("asks at most every 60 ms, however quick the answers", () => {
    for (let x = 0; x < 30; x++) {
      preview.at(click(x));
      vi.advanceTimersByTime(10);
      answer();
    }
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(asked.length).toBeGreaterThanOrEqual(4);
  });

  it("asks again when an answer is lost, and tells apart whose answer it is", () => {
    preview.at(click(1));
    preview.at(click(2));
    expect(answer("another")).toBe(false);
    vi.advanceTimersByTime(2_100);
    expect(places()).toEqual([1, 2]);
  });

  it("shows and asks nothing once the key is up", () => {
    preview.at(click(1));
    const { object } = asked[0]!;
    preview.at(click(2));
    preview.at(null);
    expect([released, shown.at(-1)]).toEqual([[object], null]);
    expect(answer(object)).toBe(false);
    vi.advanceTimersByTime(5_000);
    expect(places()).toEqual([1]);
  });
});
