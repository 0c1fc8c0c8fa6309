/** Corners of a polygon: dragged in progress, and after it was closed until something else is done. */

import { beforeEach, describe, expect, it } from "vitest";
import { Store } from "../../lib/store";
import { area, spansOf, type Spans } from "../../mask/spans";
import * as works from "../../model/work";
import { initialState, type State } from "../../state";
import { ToolContext } from "./context";
import { PolygonTool } from "./polygon";
import type { Pointing, Target } from "./types";

const VIEW = { width: 40, height: 40 };

describe("a polygon", () => {
  let store: Store<State>;
  let pointing: Store<Pointing>;
  let tool: PolygonTool;
  let painted: number[];

  const press = (x: number, y: number, twice = false) =>
    tool.press({ at: { x, y }, secondary: false, shift: false, twice, reach: 2 }, true);
  const drag = (from: readonly [number, number], to: readonly [number, number]) => {
    const moving = press(...from);
    moving?.move({ x: to[0], y: to[1] }, false);
    moving?.end();
    return moving !== null;
  };
  const pixels = () => area(spansOf(store.get().open!.mask, VIEW.height));

  beforeEach(() => {
    store = new Store<State>({ ...initialState("ready", 1), tool: "polygon" });
    pointing = new Store<Pointing>({ sketch: null, dot: null, corners: [] });
    painted = [];
    const change = (how: (work: works.Work) => works.Work) =>
      store.set({ open: how(store.get().open ?? works.begin("one", 1, VIEW)) });
    const target = {
      paint: (did: works.Did, region: Spans, adding: boolean) => {
        painted.push(area(region));
        change((work) => works.paint(work, did, region, adding));
      },
      repaint: (did: works.Did, region: Spans, adding: boolean) => {
        painted.push(area(region));
        change((work) => works.repaint(work, did, region, adding));
      },
    } as unknown as Target;
    tool = new PolygonTool(new ToolContext(store, pointing, target, VIEW));
    store.watch(() => tool.forgetClosed());
    for (const [x, y] of [
      [4, 4],
      [24, 4],
      [24, 24],
      [4, 24],
    ] as const)
      press(x, y);
  });

  it("has corners that are dragged while it is in progress", () => {
    expect(drag([24, 24], [34, 34])).toBe(true);
    expect(pointing.get().corners).toHaveLength(4);
    tool.finish();
    expect(painted[0]).toBeGreaterThan(400);
  });

  it("is changed by its corners after it was closed, as the same step", () => {
    tool.finish();
    expect([painted, pixels()]).toEqual([[400], 400]);
    expect(pointing.get().corners).toHaveLength(4);
    expect(drag([24, 4], [14, 4])).toBe(true);
    expect(pixels()).toBe(300);
    expect(store.get().open!.at).toBe(1);
    drag([14, 4], [24, 4]);
    expect(pixels()).toBe(400);
  });

  it("lets go of its corners once something else is done", () => {
    tool.finish();
    const open = store.get().open!;
    store.set({ open: works.paint(open, "brush", Int32Array.from([0, 10]), true) });
    expect(pointing.get().corners).toEqual([]);
    expect(press(24, 4)).toBeNull();
    expect(tool.busy).toBe(true); // a new polygon begins there
  });

  it("has no corners left after it was kept or dropped", () => {
    tool.finish();
    store.set({ open: null });
    expect(pointing.get().corners).toEqual([]);
  });
});
