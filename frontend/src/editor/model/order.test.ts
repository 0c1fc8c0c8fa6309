import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOrder, moved, target, Z_GAP, zOnTop } from "./order";

const objects = (...places: number[]) => places.map((z, index) => ({ uid: "abcdefgh"[index]!, z }));
const after = (before: { uid: string; z: number }[], places: Map<string, number>) =>
  inOrder(before.map((one) => ({ ...one, z: places.get(one.uid) ?? one.z })))
    .map(({ uid }) => uid)
    .join("");

describe("the drawing order", () => {
  it("has new objects on top", () => {
    expect(zOnTop([])).toBe(0);
    expect(zOnTop(objects(5, -3))).toBe(5 + Z_GAP);
  });

  it("moves one object and changes only that", () => {
    const three = objects(0, Z_GAP, 2 * Z_GAP);
    const order = ["a", "b", "c"];
    const move = (uid: string, how: "up" | "down" | "top" | "bottom") =>
      moved(three, new Set([uid]), target(order, new Set([uid]), how));
    expect(move("a", "up").size).toBe(1);
    expect(after(three, move("a", "up"))).toBe("bac");
    expect(after(three, move("a", "top"))).toBe("bca");
    expect(after(three, move("c", "down"))).toBe("acb");
    expect(after(three, move("c", "bottom"))).toBe("cab");
    expect(move("c", "up").size).toBe(0);
    expect(move("a", "bottom").size).toBe(0);
  });

  it("puts several together anywhere, also where there is no room left", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(gaps, fc.nat(255), fc.nat(8), (steps, mask, index) => {
        let z = 0;
        const before = objects(...steps.map((step) => (z += step)));
        const chosen = new Set(before.flatMap(({ uid }, place) => (mask & (1 << place) ? [uid] : [])));
        const rest = before.filter(({ uid }) => !chosen.has(uid)).map(({ uid }) => uid);
        const at = Math.min(index, rest.length);
        const block = before.filter(({ uid }) => chosen.has(uid)).map(({ uid }) => uid);
        const wanted = [...rest.slice(0, at), ...block, ...rest.slice(at)].join("");
        expect(after(before, moved(before, chosen, at))).toBe(wanted);
      }),
    );
  });
});
