import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patchOfView, viewCounts, type Patch } from "../mask/rle";
import { patchOf, spansOf, SpanWriter } from "../mask/spans";
import type { Content } from "./journal";
import { Overlaps } from "./overlaps";
import { claim, fit } from "./panoptic";

const VIEW = { width: 6, height: 5 };
const PIXELS = VIEW.width * VIEW.height;

/** A mask from the bits of a number. */
function mask(bits: boolean[]): Patch {
  const writer = new SpanWriter();
  bits.forEach((set, at) => set && writer.add(at, at + 1));
  return patchOf(writer.spans(), VIEW.height);
}

function bitsOf(patch: Patch): boolean[] {
  const bits = new Array<boolean>(PIXELS).fill(false);
  const spans = spansOf(patch, VIEW.height);
  for (let index = 0; index < spans.length; index += 2) bits.fill(true, spans[index], spans[index + 1]);
  return bits;
}

const counts = (patch: Patch) => viewCounts(patch, VIEW.width, VIEW.height);
const content = (patch: Patch, z: number): Content => ({ category: 1, counts: counts(patch), clicks: [], z });
const object = (uid: string, patch: Patch, z: number) => ({ uid, z, patch, content: content(patch, z) });
const bits = fc.array(fc.boolean(), { minLength: PIXELS, maxLength: PIXELS });
const rule = { yields: false, locked: new Set<string>() };

/** Objects without overlap, from an owner for each pixel. */
const owned = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: PIXELS, maxLength: PIXELS })
  .map((owners) =>
    [1, 2, 3]
      .map((number) => object(`${number}`, mask(owners.map((owner) => owner === number)), number))
      .filter(({ patch }) => patch.runs.length > 0),
  );

describe("what an object takes", () => {
  it("is what those below have, not those above nor locked ones", () => {
    fc.assert(
      fc.property(
        owned,
        bits,
        fc.integer({ min: 0, max: 4 }),
        fc.boolean(),
        fc.boolean(),
        (others, wish, z, yields, lock) => {
          const locked = new Set(lock ? ["1"] : []);
          const found = claim({ uid: "new", z: z + 0.5, patch: mask(wish) }, others, { yields, locked }, VIEW);
          const mine = bitsOf(found.mask);
          const keeps = (one: { uid: string; z: number }) => yields || locked.has(one.uid) || one.z > z + 0.5;
          wish.forEach((wanted, at) => {
            const owner = others.find(({ patch }) => bitsOf(patch)[at]);
            expect(mine[at]).toBe(wanted && !(owner && keeps(owner)));
          });
          for (const { uid, left, pixels } of found.taken) {
            const had = bitsOf(others.find((one) => one.uid === uid)!.patch);
            expect(bitsOf(left)).toEqual(had.map((set, at) => set && !mine[at]));
            expect(pixels).toBe(had.filter((set, at) => set && mine[at]).length);
          }
          expect(found.denied).toBe(wish.filter((wanted, at) => wanted && !mine[at]).length);
        },
      ),
    );
  });
});

describe("fitting changes in", () => {
  it("never leaves a pixel with two objects, and loses none", () => {
    fc.assert(
      fc.property(owned, bits, bits, (objects, one, other) => {
        const first = objects[0];
        const changes = [
          { uid: "new", before: null, after: content(mask(one), 9) },
          ...(first ? [{ uid: first.uid, before: first.content, after: content(mask(other), first.z) }] : []),
        ].filter(({ after }) => patchOfView(after.counts, VIEW.width, VIEW.height).runs.length > 0);
        const fitted = fit(changes, objects, rule, VIEW);
        if (fitted.blocked) return;
        const now = new Map(objects.map(({ uid, content: { counts } }) => [uid, counts]));
        for (const { uid, after } of fitted.changes) {
          if (after) now.set(uid, after.counts);
          else now.delete(uid);
        }
        const masks = [...now.values()].map((one) => bitsOf(patchOfView(one, VIEW.width, VIEW.height)));
        const wanted = [
          ...objects.map(({ patch }) => patch),
          ...changes.map(({ after }) => patchOfView(after.counts, VIEW.width, VIEW.height)),
        ];
        for (let at = 0; at < PIXELS; at++) {
          const owners = masks.filter((set) => set[at]).length;
          expect(owners).toBeLessThanOrEqual(1);
          // A pixel of an untouched object or of a wish belongs to somebody afterwards, unless its object gave it up.
          const given = first && bitsOf(first.patch)[at] && !bitsOf(mask(other))[at];
          if (!given && wanted.some((patch) => bitsOf(patch)[at])) expect(owners).toBe(1);
        }
      }),
    );
  });

  it("deletes what lies wholly under it, and tells", () => {
    const all = mask(new Array<boolean>(PIXELS).fill(true));
    const low = object("low", mask([true, true, ...new Array<boolean>(PIXELS - 2).fill(false)]), 0);
    const fitted = fit([{ uid: "new", before: null, after: content(all, 1) }], [low], rule, VIEW);
    expect([fitted.taken, fitted.covered]).toEqual([1, 1]);
    expect(fitted.changes.find(({ uid }) => uid === "low")).toEqual({ uid: "low", before: low.content, after: null });
    const locked = fit(
      [{ uid: "new", before: null, after: content(low.patch, 1) }],
      [low],
      { ...rule, locked: new Set(["low"]) },
      VIEW,
    );
    expect(locked.blocked).toEqual({ uid: "new", by: ["low"] });
    expect(locked.changes).toEqual([]);
  });

  it("leaves a merge and a change of class alone", () => {
    const [one, other] = [
      object("a", mask([true, ...new Array<boolean>(PIXELS - 1).fill(false)]), 0),
      object("b", mask([false, true, ...new Array<boolean>(PIXELS - 2).fill(false)]), 1),
    ];
    const both = mask([true, true, ...new Array<boolean>(PIXELS - 2).fill(false)]);
    const merge = [
      { uid: "a", before: one.content, after: { ...one.content, counts: counts(both) } },
      { uid: "b", before: other.content, after: null },
    ];
    expect(fit(merge, [one, other], rule, VIEW).changes).toEqual(merge);
    const recolored = [{ uid: "a", before: one.content, after: { ...one.content, category: 2 } }];
    expect(fit(recolored, [one, other], rule, VIEW).changes).toEqual(recolored);
  });
});

describe("overlaps", () => {
  it("are the pixels of more than one object, also after a change", () => {
    const overlaps = new Overlaps(VIEW);
    fc.assert(
      fc.property(fc.array(bits, { minLength: 2, maxLength: 4 }), bits, (sets, other) => {
        const patches = sets.map(mask);
        const shared = (all: boolean[][]) => all[0]!.map((_, at) => all.filter((set) => set[at]).length > 1);
        const found = overlaps.of(patches);
        expect(bitsOf(found.patch)).toEqual(shared(sets));
        expect(found.pixels).toBe(shared(sets).filter(Boolean).length);
        expect(overlaps.of([...patches])).toBe(found);
        expect(bitsOf(overlaps.of([...patches.slice(1), mask(other)]).patch)).toEqual(
          shared([...sets.slice(1), other]),
        );
      }),
    );
  });
});
