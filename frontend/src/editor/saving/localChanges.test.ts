import { beforeEach, describe, expect, it } from "vitest";
import { seen, type Operation } from "../model/changes";
import type { AnnotationData } from "../server/types";
import { LocalChanges } from "./localChanges";

const annotation = (id: number, uid: string, category = 1): AnnotationData => {
  return { id, uid, category, counts: uid, bbox: [0, 0, 1, 1], area: 1, clicks: [], created_by: null, changed_at: "" };
};
const create = (uid: string): Operation => ({ kind: "create", uid, category: 2, counts: uid, clicks: [] });
const recolor = (uid: string, category: number): Operation => ({ kind: "change", uid, category });

describe("local changes", () => {
  let changes: LocalChanges;
  const add = (...operations: Operation[]) => operations.forEach((one) => changes.take(one));
  const uids = (operations: readonly Operation[]) => operations.map((one) => ("uid" in one ? one.uid : one.kind));

  beforeEach(() => {
    changes = new LocalChanges();
    changes.set = { version: 3, status: "in_progress", annotations: [annotation(1, "a")] };
  });

  it("put what an earlier page left before what was done since", () => {
    add(create("now"));
    changes.restore({ operations: [create("then")] });
    expect(uids(changes.operations)).toEqual(["then", "now"]);
    expect(changes.shown.map(({ uid }) => uid)).toEqual(["a", "then", "now"]);
  });

  it("set a refused creation aside together with what builds on it, and let the others pass", () => {
    const bad = create("bad");
    add(bad, create("good"), recolor("bad", 5));
    changes.setAside(bad, "No such class.", "bad_category");
    // The change of its class is a part of the creation now: to be tried once more, behind the others.
    expect(changes.refused).toEqual([]);
    expect(changes.operations).toEqual([create("good"), { ...bad, category: 5 }]);
    const [, again] = changes.operations;
    changes.setAside(again!, "No such class.", "bad_category");
    expect([uids(changes.operations), changes.refused.length]).toEqual([["good"], 1]);
  });

  it("send what was refused again before all others, but not before what is on its way", () => {
    const bad = create("bad");
    add(bad);
    changes.setAside(bad, "The mask is empty.", "bad_mask");
    add(create("sent"), create("later"));
    changes.redo(changes.refused, ({ operation }) => operation, changes.operations.slice(0, 1));
    expect([uids(changes.operations), changes.refused]).toEqual([["sent", "bad", "later"], []]);
  });

  it("withdraw what is refused with a code and what waits, but not what is on its way", () => {
    const [over, other] = [create("over"), create("other")];
    add(over, other);
    changes.setAside(over, "It overlaps.", "overlap");
    changes.setAside(other, "The mask is empty.", "bad_mask");
    add(create("sent"), create("later"));
    const withdrawn = changes.withdraw("overlap", changes.operations.slice(0, 1));
    expect([uids(withdrawn), uids(changes.operations)]).toEqual([["over", "later"], ["sent"]]);
    expect(changes.refused.map(({ code }) => code)).toEqual(["bad_mask"]);
  });

  it("turn a creation that was carried out before into a change", () => {
    const made = create("b");
    add(made);
    if (made.kind === "create") changes.createdBefore(made);
    expect(changes.operations).toEqual([{ kind: "change", uid: "b", category: 2, counts: "b", clicks: [] }]);
  });

  it("give back once what a conflict dropped", () => {
    add(create("mine"));
    const theirs = { ...changes.set, version: 4, annotations: [annotation(2, "theirs")] };
    changes.meet(theirs, seen(changes.set));
    expect(changes.conflict?.theirs.objects.map(({ uid, what }) => [uid, what])).toContainEqual(["theirs", "added"]);
    expect(changes.resolve(changes.conflict!, "theirs", new Set())).toBe(1);
    expect([changes.operations, changes.shown.map(({ uid }) => uid)]).toEqual([[], ["theirs"]]);
    expect(uids(changes.takeDropped())).toEqual(["mine"]);
    expect(changes.takeDropped()).toEqual([]);
  });
});
