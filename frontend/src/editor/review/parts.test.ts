/** Pins, mentions and differences: the pure parts of a review. */

import { describe, expect, it } from "vitest";
import { viewCounts } from "../mask/rle";
import { patchOf } from "../mask/spans";
import { KeptObjects, type Kept } from "../model/kept";
import type { PersonData, ThreadData } from "../server/types";
import { counted, differences, inWords } from "./diff";
import { candidates, completed, typedName } from "./mentions";
import { inOrder, nextOpen, pinAt, placeOf } from "./pins";

const VIEW = { width: 20, height: 10 };

/** An object of whole columns `from` to `to`, without `to`. */
function object(uid: string, from: number, to: number, category = 1): Kept {
  const spans = Int32Array.from([from * VIEW.height, to * VIEW.height]);
  const counts = viewCounts(patchOf(spans, VIEW.height), VIEW.width, VIEW.height);
  const shown = { id: null, uid, category, counts, clicks: [], z: 0, attributes: {} };
  return new KeptObjects(VIEW).of([shown])[0]!;
}

function thread(number: number, state: ThreadData["state"], more: Partial<ThreadData> = {}): ThreadData {
  return {
    id: number * 10,
    number,
    state,
    draft: false,
    x: null,
    y: null,
    object: null,
    round: 0,
    comments: [],
    ...more,
  };
}

describe("pins", () => {
  it("stay at their point, follow their object, and are orphans without it", () => {
    const before = [object("a", 2, 6)];
    const place = pinAt({ x: 3, y: 4 }, before[0], VIEW);
    expect(place).toEqual({ x: 1, y: 4, object: "a" });
    expect(placeOf(place, before)).toEqual({ x: 3, y: 4 });
    expect(placeOf(place, [object("a", 12, 16)])).toEqual({ x: 13, y: 4 });
    expect(placeOf({ ...place, x: 3.5 }, [object("a", 12, 13)])).toEqual({ x: 13, y: 4 }); // the box is smaller now
    expect(placeOf(place, [])).toBe("orphan");
    expect(placeOf(pinAt({ x: 30, y: -4 }, undefined, VIEW), [])).toEqual({ x: 20, y: 0 });
    expect(placeOf(thread(1, "open"), before)).toBeNull();
  });

  it("are gone through in their order, around the end", () => {
    const threads = [thread(1, "open"), thread(2, "resolved"), thread(3, "open"), thread(4, "fixed")];
    expect(nextOpen(threads, null)?.number).toBe(1);
    expect(nextOpen(threads, 10)?.number).toBe(3);
    expect(nextOpen(threads, 20)?.number).toBe(3);
    expect(nextOpen(threads, 30)?.number).toBe(1);
    expect(nextOpen([threads[1]!], null)).toBeNull();
    expect(inOrder(threads).fixed.map(({ number }) => number)).toEqual([4]);
  });
});

describe("a name after @", () => {
  const people = [
    { id: 1, name: "Ann Lee", username: "ann", initials: "AL", hue: 1 },
    { id: 2, name: "Bob", username: "bob.k", initials: "B", hue: 2 },
  ] satisfies PersonData[];

  it("is completed from user names and full names, not within an address", () => {
    expect(typedName("see @an", 7)).toBe("an");
    expect(typedName("mail me@an", 10)).toBeNull();
    expect(typedName("@ann is", 7)).toBeNull();
    expect(candidates(people, "le").map(({ username }) => username)).toEqual(["ann"]);
    expect(candidates(people, "BO").map(({ username }) => username)).toEqual(["bob.k"]);
    expect(candidates(people, "")).toHaveLength(2);
    expect(completed("ask @bo please", 7, people[1]!)).toEqual({ text: "ask @bob.k please", cursor: 11 });
  });
});

describe("what differs", () => {
  it("says for each object what was done, with the pixels gained and lost", () => {
    const before = [object("same", 0, 2), object("moved", 4, 8), object("class", 10, 12), object("gone", 14, 15)];
    const now = [object("same", 0, 2), object("moved", 5, 10), object("class", 10, 12, 2), object("new", 16, 18)];
    const found = differences(before, now, VIEW);
    expect(found.map(({ uid, what, gainedPixels, lostPixels }) => [uid, what, gainedPixels, lostPixels])).toEqual([
      ["moved", "mask", 20, 10],
      ["class", "class", 0, 0],
      ["new", "added", 20, 0],
      ["gone", "removed", 0, 10],
    ]);
    expect(counted(found)).toEqual({ added: 1, removed: 1, changed: 2 });
    expect(inWords(counted(found))).toBe("1 added, 2 changed, 1 removed");
    expect(differences(before, before, VIEW)).toEqual([]);
  });
});
