import { describe, expect, it } from "vitest";
import { heatColors } from "./heatMap";
import { between, confident, following, groups, isOver, neighbour, smallestAt, together, undecided } from "./offer";
import { rectangle } from "./testing";

const VIEW = { width: 100, height: 60 };
const NOTHING = { kept: [], inWork: [], rejected: new Set<string>() };

const car = rectangle("car", [10, 10, 30, 20], { score: 0.9, category: 1 });
const wheel = rectangle("wheel", [12, 22, 8, 8], { score: 0.6 });
const tree = rectangle("tree", [60, 5, 20, 50], { score: 0.4, word: "tree" });
const all = [tree, wheel, car];
const uids = (list: readonly { uid: string }[]) => list.map(({ uid }) => uid);

describe("what there is to decide", () => {
  it("is what is neither kept nor rejected nor in work, best first", () => {
    expect(uids(undecided(all, NOTHING, VIEW))).toEqual(["car", "wheel", "tree"]);
    expect(uids(undecided(all, { ...NOTHING, rejected: new Set(["car"]) }, VIEW))).toEqual(["wheel", "tree"]);
    expect(uids(undecided(all, { ...NOTHING, inWork: ["wheel"] }, VIEW))).toEqual(["car", "tree"]);
  });

  it("is nothing over a kept object, but the whole around a kept part", () => {
    const kept = (one: typeof car) => ({ ...NOTHING, kept: [{ uid: "other", patch: one.patch }] });
    expect(uids(undecided(all, kept(car), VIEW))).toEqual(["tree"]); // the wheel is inside of the car
    expect(uids(undecided(all, kept(wheel), VIEW))).toEqual(["car", "tree"]);
    expect(uids(undecided(all, NOTHING, VIEW))).toHaveLength(3); // and it comes back
  });

  it("counts a suggestion as covered from more than half on", () => {
    const half = rectangle("half", [10, 10, 15, 20]);
    const more = rectangle("more", [10, 10, 16, 20]);
    const beside = rectangle("beside", [40, 10, 10, 20]);
    expect([half, more, beside].map((one) => isOver(car.patch, one.patch, VIEW))).toEqual([false, true, false]);
  });

  it("is shown from a confidence on; what was asked for by text always", () => {
    const asked = rectangle("asked", [0, 0, 2, 2], { score: 0.1, method: "text" });
    expect(uids(confident([...all, asked], 0.6))).toEqual(["wheel", "car", "asked"]);
  });

  it("keeps only one of those that lie over each other, in their order", () => {
    expect(uids(together([car, wheel, tree], VIEW))).toEqual(["car", "tree"]);
    expect(uids(together([wheel, car], VIEW))).toEqual(["wheel", "car"]);
  });
});

describe("pointing", () => {
  it("finds the smallest one under the pointer", () => {
    expect(smallestAt(all, { x: 15.5, y: 25 })?.uid).toBe("wheel");
    expect(smallestAt(all, { x: 35, y: 12 })?.uid).toBe("car");
    expect(smallestAt(all, { x: 50, y: 12 })).toBeNull();
  });

  it("steps round and round, and on after a decision", () => {
    const list = [car, wheel, tree];
    expect(neighbour(list, null, 1)?.uid).toBe("car");
    expect(neighbour(list, null, -1)?.uid).toBe("tree");
    expect(neighbour(list, "tree", 1)?.uid).toBe("car");
    expect(neighbour(list, "car", -1)?.uid).toBe("tree");
    expect(neighbour([], "car", 1)).toBeNull();
    expect(following(list, "car")?.uid).toBe("wheel");
    expect(following(list, "tree")?.uid).toBe("wheel");
    expect(following([car], "car")).toBeNull();
  });

  it("passes every place on the way", () => {
    const way = between({ x: 0, y: 0 }, { x: 10, y: 0 }, 4);
    expect(way).toHaveLength(3);
    expect(way.at(-1)).toEqual({ x: 10, y: 0 });
    expect(between({ x: 1, y: 1 }, { x: 1, y: 1 }, 4)).toEqual([{ x: 1, y: 1 }]);
  });
});

it("lists by class in the project's order, then by word, then the rest", () => {
  const classes = [2, 1].map((number) => ({
    number,
    name: `c${number}`,
    color: "",
    hotkey: null,
    kind: "thing" as const,
  }));
  const gone = rectangle("gone", [0, 0, 1, 1], { category: 9, word: "boat" }); // its class was deleted since
  expect(groups([...all, gone], classes).map(({ name, list }) => [name, uids(list)])).toEqual([
    ["c1", ["car"]],
    ["boat", ["gone"]],
    ["tree", ["tree"]],
    ["No class", ["wheel"]],
  ]);
});

it("shows warmth where a phrase is, and nothing elsewhere", () => {
  const [cold, warm, hot] = [10, 128, 255].map((grey) => [...heatColors(Uint8ClampedArray.of(grey, grey, grey, 255))]);
  expect(cold![3]).toBe(0);
  expect(hot![3]).toBeGreaterThan(warm![3]!);
  expect(hot![1]).toBeLessThan(warm![1]!); // redder
});
