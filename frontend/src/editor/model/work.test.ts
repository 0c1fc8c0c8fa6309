import { describe, expect, it } from "vitest";
import { drawing } from "../mask/brute";
import { UNTOUCHED } from "../mask/hand";
import { EMPTY, type Patch } from "../mask/rle";
import { NONE, patchOf, type Spans } from "../mask/spans";
import * as works from "./work";
import type { Work } from "./work";

const { view } = drawing("........", "........", "........", "........");
const H = view.height;
const mask = (...rows: string[]): Spans => drawing(...rows).spans;
const BLOCK = mask("###.....", "###.....", "........", "........");
const LARGER = mask("####....", "####....", "........", "........");
const STROKE = mask("........", "........", "..##....", "..##....");
const patch = (spans: Spans): Patch => patchOf(spans, H);
const click = (x: number, y = 0, positive = true) => ({ x, y, positive });
const empty = () => works.begin("one", 1, view);
const clicked = (...clicks: ReturnType<typeof click>[]) => clicks.reduce(works.addClick, empty());
const answer = (work: Work, spans: Spans, tiles: (string | null)[] = []) =>
  works.answered(work, patch(spans), works.recipeOf(work).prompts.clicks.length, true, tiles);
const wired = (work: Work) => works.tracked(work).clicks;

describe("an open object", () => {
  it("is settled once its last click is answered, and shows older answers until then", () => {
    let work = clicked(click(1), click(2, 0, false));
    expect(works.isSettled(work)).toBe(false);
    work = works.answered(work, patch(BLOCK), 1, false);
    expect([work.mask, works.isSettled(work)]).toEqual([patch(BLOCK), false]);
    work = answer(work, LARGER);
    expect([work.mask, works.isSettled(work)]).toEqual([patch(LARGER), true]);
    work = works.answered(work, patch(LARGER), 2, true, [], true);
    expect([works.isSettled(work), works.isFinal(work)]).toEqual([true, false]); // a finer one may follow
    work = answer(work, BLOCK); // looked closer: the same clicks answered again
    expect([work.mask, works.isFinal(work)]).toEqual([patch(BLOCK), true]);
  });

  it("takes steps back and again with the masks that they had, at once", () => {
    let work = answer(clicked(click(1)), BLOCK);
    work = answer(works.addClick(work, click(3)), LARGER);
    work = works.paint(work, "brush", STROKE, true);
    work = works.setCategory(work, 2);
    const dids = [];
    const masks = [];
    for (let back: Work | null = work; back; back = works.undo(back)) {
      dids.push(works.undoable(back));
      masks.push(back.mask);
      expect(works.isSettled(back)).toBe(true);
      work = back;
    }
    expect(dids).toEqual(["class", "brush", "click", "click", null]);
    expect(masks.slice(2)).toEqual([patch(LARGER), patch(BLOCK), EMPTY]);
    work = works.redo(works.redo(works.redo(work)!)!)!;
    expect(work.mask).toEqual(masks[1]);
    expect(works.redoable(work)).toBe("class");
    const other = works.addClick(works.undo(work)!, click(5));
    expect(works.redo(other)).toBeNull();
  });

  it("tells the server clicks with the tiles that they were answered on", () => {
    let work = answer(clicked(click(1)), BLOCK, ["t1-0-0"]);
    expect(wired(work)).toEqual([[1, 0, true, "t1-0-0"]]);
    work = works.addClick(work, click(2));
    expect(wired(work)).toEqual([
      [1, 0, true, "t1-0-0"],
      [2, 0, true],
    ]);
    expect(wired(works.undo(answer(work, LARGER, [null, "t1-0-1"]))!)).toEqual([[1, 0, true, "t1-0-0"]]);
  });

  it("has clicks moved and deleted", () => {
    const work = answer(clicked(click(1), click(2), click(3)), BLOCK, ["t1-0-0", null, "t1-0-0"]);
    const moved = works.moveClick(work, 0, { x: 6.3, y: 2 });
    expect(wired(moved)).toEqual([
      [6.25, 2, true],
      [2, 0, true],
      [3, 0, true, "t1-0-0"],
    ]);
    expect(works.isSettled(moved)).toBe(false);
    expect(works.moveClick(work, 1, { x: 2, y: 0 })).toBe(work);
    expect(wired(works.removeClick(work, 1)).map(([x]) => x)).toEqual([1, 3]);
    expect(works.undo(works.removeClick(work, 1))!.mask).toBe(work.mask);
    const none = works.removeClick(answer(clicked(click(1)), BLOCK), 0);
    expect([none.mask, works.isSettled(none)]).toEqual([EMPTY, true]);
  });

  it("is what is in a box, and clicks go on from there", () => {
    let work = works.promptBox(answer(clicked(click(1)), BLOCK), [0, 0, 4, 2]);
    expect(works.tracked(work)).toMatchObject({ box: [0, 0, 4, 2], previous: null, clicks: [[1, 0, true]] });
    expect(works.isSettled(work)).toBe(false);
    work = works.promptBox(empty(), [0, 0, 4, 2]);
    work = answer(work, LARGER);
    expect([work.mask, works.isSettled(work)]).toEqual([patch(LARGER), true]);
    expect(works.tracked(works.addClick(work, click(3, 1, false)))).toMatchObject({ box: [0, 0, 4, 2] });
  });
});

describe("drawing and clicking", () => {
  it("keeps what was drawn when a click changes the rest", () => {
    const drawn = works.paint(answer(clicked(click(1)), BLOCK), "brush", STROKE, true);
    const both = patch(mask("###.....", "###.....", "..##....", "..##...."));
    expect(drawn.mask).toEqual(both);
    const more = works.addClick(drawn, click(3));
    expect(more.mask).toEqual(both);
    expect(wired(more)).toHaveLength(2);
    expect(answer(more, LARGER).mask).toEqual(patch(mask("####....", "####....", "..##....", "..##....")));
  });

  it("refines what was drawn alone: it is the mask that the first click starts from", () => {
    const drawn = works.paint(empty(), "brush", STROKE, true);
    expect([works.isSettled(drawn), works.tracked(drawn).clicks]).toEqual([true, []]);
    const refined = works.addClick(drawn, click(4, 2));
    expect(works.tracked(refined)).toMatchObject({ previous: patch(STROKE), clicks: [[4, 2, true]] });
    expect(refined.mask).toEqual(patch(STROKE));
    expect(works.recipeOf(refined).hand).toBe(UNTOUCHED);
    expect(works.undo(answer(refined, LARGER))!.mask).toEqual(patch(STROKE));
  });

  it("refines a mask that a whole operation made", () => {
    const cleaned = works.replaceMask(answer(clicked(click(1)), LARGER), "largest", BLOCK);
    expect([cleaned.mask, works.isSettled(cleaned), works.clicksOf(cleaned)]).toEqual([patch(BLOCK), true, []]);
    expect(works.tracked(works.addClick(cleaned, click(3)))).toMatchObject({ previous: patch(BLOCK) });
    expect(wired(works.undo(cleaned)!)).toEqual([[1, 0, true]]);
  });

  it("is no step when nothing changes", () => {
    const work = answer(clicked(click(1)), BLOCK);
    expect(works.paint(work, "erase", STROKE, false)).toBe(work);
    expect(works.paint(work, "brush", NONE, true)).toBe(work);
    expect(works.replaceMask(work, "smooth", BLOCK)).toBe(work);
    expect(works.setCategory(work, 1)).toBe(work);
  });

  it("keeps a stroke that was drawn while a click was on its way", () => {
    const early = works.paint(works.addClick(answer(clicked(click(1)), BLOCK), click(3)), "brush", STROKE, true);
    expect(works.isSettled(early)).toBe(false);
    expect(answer(early, LARGER).mask).toEqual(patch(mask("####....", "####....", "..##....", "..##....")));
  });
});

describe("a kept object that is re-opened", () => {
  const kept = { uid: "kept", category: 2, patch: patch(BLOCK), clicks: [click(1), click(2)] };
  const open = () => works.reopen("one", kept, view);
  const tried = (work: Work, spans: Spans) => works.answered(work, patch(spans), 2, true);

  it("goes on from its clicks when they still make its mask", () => {
    const work = tried(open(), BLOCK);
    expect(works.tracked(work)).toMatchObject({
      previous: null,
      clicks: [
        [1, 0, true],
        [2, 0, true],
      ],
    });
    expect([work.source, work.mask, works.isSettled(work)]).toEqual(["kept", patch(BLOCK), true]);
    expect(works.clicksOf(works.undo(work)!)).toHaveLength(1);
  });

  it("goes on from its clicks and the mask that they began with", () => {
    const work = works.correct({ ...kept, basis: patch(LARGER) }, view);
    expect(works.tracked(work)).toMatchObject({ previous: patch(LARGER) });
    const confirmed = tried(work, BLOCK);
    expect(works.clicksOf(confirmed)).toHaveLength(2);
    expect(works.tracked(works.addClick(confirmed, click(3)))).toMatchObject({ previous: patch(LARGER) });
    expect(works.tracked(works.addClick(tried(work, LARGER), click(3)))).toMatchObject({ previous: patch(BLOCK) });
  });

  it("goes on from the mask when they do not, or when there are none", () => {
    const work = tried(open(), LARGER);
    expect([work.mask, works.clicksOf(work), works.isSettled(work)]).toEqual([patch(BLOCK), [], true]);
    expect(works.tracked(works.addClick(work, click(1)))).toMatchObject({ previous: patch(BLOCK) });
    const drawn = works.reopen("one", { ...kept, clicks: [] }, view);
    expect(works.isSettled(drawn)).toBe(true);
    expect(works.undo(works.addClick(drawn, click(1)))!.mask).toEqual(patch(BLOCK));
  });

  it("keeps back what is done until its own clicks are checked", () => {
    const early = works.paint(works.addClick(open(), click(3)), "brush", STROKE, true);
    expect(works.tracked(early)).toMatchObject({
      previous: null,
      clicks: [
        [1, 0, true],
        [2, 0, true],
      ],
      closer: false,
    });
    expect(works.clicksOf(early)).toHaveLength(3);
    const confirmed = tried(early, BLOCK);
    expect(wired(confirmed)).toHaveLength(3);
    expect(works.undoable(confirmed)).toBe("brush");
    expect(answer(confirmed, LARGER).mask).toEqual(patch(mask("####....", "####....", "..##....", "..##....")));
    const refuted = tried(early, LARGER);
    expect(works.tracked(refuted)).toMatchObject({ previous: patch(BLOCK), clicks: [[3, 0, true]] });
  });
});
