import { describe, expect, it } from "vitest";
import type { AnnotationData, AnnotationSetData } from "../server/types";
import { apply, differences, rebase, reconcile, seen, type Operation } from "./changes";

const one = (uid: string, category = 1, counts = uid): AnnotationData => ({
  id: uid.charCodeAt(0),
  uid,
  category,
  counts,
  bbox: [0, 0, 1, 1],
  area: 1,
  clicks: [],
  created_by: null,
  changed_at: "",
});
const set = (version: number, ...annotations: AnnotationData[]): AnnotationSetData => ({
  version,
  status: "in_progress",
  annotations,
});
const create = (uid: string): Operation => ({ kind: "create", uid, category: 1, counts: uid, clicks: [] });

describe("apply", () => {
  it("shows what is not saved yet", () => {
    const shown = apply(
      [one("a"), one("b")],
      [create("c"), { kind: "change", uid: "a", category: 3 }, { kind: "delete", uid: "b" }],
    );
    expect(shown.map(({ uid, category, id }) => [uid, category, id])).toEqual([
      ["a", 3, 97],
      ["c", 1, null],
    ]);
  });
});

describe("reconcile", () => {
  const before = seen(set(4, one("a")));

  it("sees that the first operations were carried out although their answers were lost", () => {
    const operations = [create("b"), create("c")];
    expect(reconcile(before, operations, seen(set(5, one("a"), one("b"))))).toEqual({ done: 1, theirs: null });
    expect(reconcile(before, operations, seen(set(4, one("a"))))).toEqual({ done: 0, theirs: null });
  });

  it("finds what others added, changed and removed", () => {
    const { theirs } = reconcile(before, [create("b")], seen(set(6, one("z", 2))));
    expect(theirs!.objects).toEqual([
      { uid: "z", what: "added", category: 2 },
      { uid: "a", what: "removed", category: 1 },
    ]);
    const changed = reconcile(before, [], seen(set(6, one("a", 1, "other mask"))));
    expect(changed.theirs!.objects).toEqual([{ uid: "a", what: "changed", category: 1 }]);
  });

  it("tells another status", () => {
    const done = seen({ ...set(5, one("a")), status: "done" });
    expect(reconcile(before, [create("b")], done).theirs).toEqual({ objects: [], status: "done", note: null });
    expect(reconcile(before, [{ kind: "status", status: "done" }], done)).toEqual({ done: 1, theirs: null });
    expect(differences(before, done).status).toBe("done");
  });
});

describe("rebase", () => {
  it("keeps mine and theirs", () => {
    const current = set(9, one("a"), one("z"));
    expect(rebase([create("b")], [], current)).toEqual([create("b")]);
  });

  it("turns a change of what they deleted into the whole object again", () => {
    const mine = apply([one("a")], [{ kind: "change", uid: "a", category: 2 }]);
    const rebased = rebase([{ kind: "change", uid: "a", category: 2 }], mine, set(9));
    expect(rebased).toEqual([{ kind: "create", uid: "a", category: 2, counts: "a", clicks: [] }]);
  });

  it("does not delete twice, nor say a status twice", () => {
    const operations: Operation[] = [
      { kind: "delete", uid: "a" },
      { kind: "status", status: "in_progress" },
    ];
    expect(rebase(operations, [], set(9))).toEqual([]);
  });
});
