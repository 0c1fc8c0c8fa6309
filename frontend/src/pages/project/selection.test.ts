import { expect, it } from "vitest";
import { Selection } from "./selection";

const ORDER = [1, 2, 3, 4, 5];

it("selects one, a range from the last one, and leaves one out", () => {
  let told = 0;
  const selection = new Selection(() => told++);
  selection.toggle(2, false, ORDER);
  selection.toggle(4, true, ORDER);
  expect(selection.list).toEqual([2, 3, 4]);
  selection.toggle(1, true, ORDER);
  expect(selection.list.sort()).toEqual([1, 2, 3, 4]);
  selection.toggle(3, false, ORDER);
  expect([selection.has(3), selection.size, told]).toEqual([false, 3, 4]);
});

it("of all that match, one less is what is shown without it", () => {
  const selection = new Selection(() => undefined);
  selection.everything();
  expect(selection.has(99)).toBe(true);
  selection.toggle(5, false, ORDER);
  expect([selection.all, selection.list]).toEqual([false, [1, 2, 3, 4]]);
});

it("a range without a beginning is the one", () => {
  const selection = new Selection(() => undefined);
  selection.toggle(3, true, ORDER);
  expect(selection.list).toEqual([3]);
  selection.clear();
  expect([selection.size, selection.has(3)]).toEqual([0, false]);
});
