/** The line under the image: for every tool in every moment there is one, and it is about that tool. */

import { describe, expect, it } from "vitest";
import { begin } from "../model/work";
import { initialState } from "../state";
import { allHints, hintOf, HINTS, MOMENTS, momentOf, partsOf, TOOLS } from "./hints";
import { SHORTCUTS } from "./shortcuts";

const VIEW = { width: 10, height: 10 };

describe("hints", () => {
  it("are there for every tool in every moment", () => {
    expect(Object.keys(HINTS).toSorted()).toEqual([...TOOLS].toSorted());
    const tools = SHORTCUTS.filter(({ group }) => group === "Tools").map(({ action }) => action);
    for (const tool of TOOLS) {
      expect([...tools, "suggest"]).toContain(tool);
      for (const moment of MOMENTS) expect(HINTS[tool][moment], `${tool}, ${moment}`).toMatch(/\S{3}.*[.ez]$/);
    }
  });

  it("name only keys that there are", () => {
    const actions = SHORTCUTS.map(({ action }) => action as string);
    const named = allHints().flatMap((hint) =>
      partsOf(hint).flatMap((part) => ("action" in part ? [part.action] : [])),
    );
    expect(named.length).toBeGreaterThan(20);
    for (const action of named) expect(actions).toContain(action);
    expect(partsOf("{=1 – 9} set it, {keep} keeps.")).toEqual([
      { key: "1 – 9" },
      { words: " set it, " },
      { action: "keep" },
      { words: " keeps." },
    ]);
  });

  it("follow tool, open object, cutting and selection", () => {
    const state = initialState("ready", 1);
    const open = begin("one", 1, VIEW);
    const said = (change: Partial<typeof state>, outlining = false, suggested = 3) => {
      const now = { ...state, ...change };
      return hintOf(now.tool, momentOf(now), outlining, suggested);
    };
    expect(said({})).toContain("Click an object");
    expect(said({ tool: "box" })).toContain("Drag a box");
    expect(said({ tool: "brush" })).not.toContain("Click");
    expect(said({ tool: "lasso", open, cutting: true })).toContain("cut off");
    expect(said({ tool: "suggest" })).toContain("Click keeps");
    expect(said({ tool: "suggest" }, false, 0)).toContain("No suggestions");
    expect(said({ tool: "suggest", open })).toBe(HINTS.click.open);
    expect(said({ tool: "polygon", open }, true)).toContain("removes the last corner");
    expect(said({ tool: "suggest", selection: ["one"] })).toContain("opens it");
    expect(said({ selected: "one", open })).toBe(HINTS.click.open);
  });
});
