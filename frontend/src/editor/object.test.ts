import { describe, expect, it } from "vitest";
import * as objects from "./object";
import type { Patch } from "./rle";

const click = (x: number, positive = true) => ({ x, y: 1, positive });
const mask = (x: number): Patch => ({ box: [x, 0, 1, 1], runs: [0, 1] });

describe("an open object", () => {
  it("is unsettled until the answer to its last click", () => {
    let object = objects.begin("one", 1, click(1));
    object = objects.addClick(object, click(2, false));
    object = objects.answered(object, mask(1), 1, false);
    expect(object).toMatchObject({ mask: mask(1), settled: false });
    expect(objects.answered(object, mask(2), 2, true)).toMatchObject({ mask: mask(2), settled: true });
  });

  it("remembers the tiles that its clicks were answered on", () => {
    let object = objects.addClick(objects.begin("one", 1, click(1)), click(2));
    object = objects.answered(object, mask(1), 1, false, ["t1-0-0"]);
    expect(objects.wireClicks(object)).toEqual([
      [1, 1, true],
      [2, 1, true],
    ]);
    object = objects.answered(object, mask(2), 2, true, [null, "t1-0-0"]);
    expect(objects.wireClicks(object)).toEqual([
      [1, 1, true],
      [2, 1, true, "t1-0-0"],
    ]);
    expect(objects.wire(object.clicks[1]!)).toEqual([2, 1, true]);
    object = objects.answered(object, mask(2), 2, true);
    expect(objects.wireClicks(object)).toEqual([
      [1, 1, true],
      [2, 1, true],
    ]);
  });

  it("goes back and forth through its clicks", () => {
    const two = objects.addClick(objects.begin("one", 1, click(1)), click(2));
    const one = objects.undo(two)!;
    expect(objects.wireClicks(one)).toEqual([[1, 1, true]]);
    expect(objects.redo(one)!.clicks).toEqual(two.clicks);
    expect(objects.redo(two)).toBeNull();
    expect(objects.addClick(one, click(3)).undone).toEqual([]);
  });

  it("is empty without clicks", () => {
    const none = objects.undo(objects.answered(objects.begin("one", 1, click(1)), mask(1), 1, true))!;
    expect(none).toMatchObject({ clicks: [], settled: true });
    expect(none.mask.runs).toEqual([]);
    expect(objects.undo(none)).toBeNull();
  });
});

describe("a kept object that is re-opened", () => {
  const kept = { uid: "kept", category: 2, patch: mask(5), clicks: [click(1), click(2)] };

  it("goes on from its clicks when they still make its mask", () => {
    const object = objects.answered(objects.reopen("one", kept), mask(5), 2, true);
    expect(object).toMatchObject({ source: "kept", previous: null, checking: 0, settled: true });
    expect(objects.undo(object)!.clicks).toHaveLength(1);
  });

  it("goes on from the mask when they do not", () => {
    const object = objects.answered(objects.reopen("one", kept), mask(6), 2, true);
    expect(object).toMatchObject({ previous: mask(5), mask: mask(5), clicks: [], settled: true });
  });

  it("goes on from the mask when it was made without clicks", () => {
    const object = objects.reopen("one", { ...kept, clicks: [] });
    expect(object).toMatchObject({ previous: mask(5), checking: 0, settled: true });
    const emptied = objects.undo(objects.addClick(object, click(1)))!;
    expect(emptied.mask).toEqual(mask(5));
  });

  it("keeps back new clicks until its own are checked", () => {
    const early = objects.addClick(objects.reopen("one", kept), click(9));
    expect(objects.wireClicks(early)).toHaveLength(2);
    expect(objects.undo(objects.undo(early)!)).toBeNull(); // the kept clicks stay while they are checked
    const confirmed = objects.answered(early, mask(5), 2, true);
    expect(objects.wireClicks(confirmed)).toHaveLength(3);
    expect(confirmed.settled).toBe(false);
    const refuted = objects.answered(early, mask(6), 2, true);
    expect(objects.wireClicks(refuted)).toEqual([[9, 1, true]]);
    expect(refuted.previous).toEqual(mask(5));
  });
});
