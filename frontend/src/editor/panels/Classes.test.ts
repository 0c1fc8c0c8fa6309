import { describe, expect, it } from "vitest";
import type { Kept } from "../model/kept";
import { begin } from "../model/work";
import { initialState } from "../state";
import { shownClass } from "./Classes";

describe("the class that the panel shows", () => {
  const kept = [1, 2, 2].map((category, index) => ({ uid: `${index}`, category }) as Kept);
  const state = { ...initialState("ready", 3), kept };

  it("is the open object's, the selected ones', or the one for the next object", () => {
    expect(shownClass(state)).toBe(3);
    expect(shownClass({ ...state, selected: "0" })).toBe(1);
    expect(shownClass({ ...state, selection: ["1", "2"] })).toBe(2);
    expect(shownClass({ ...state, selection: ["0", "1"] })).toBeNull();
    expect(shownClass({ ...state, selection: ["0"], open: begin("x", 2, { width: 1, height: 1 }) })).toBe(2);
  });
});
