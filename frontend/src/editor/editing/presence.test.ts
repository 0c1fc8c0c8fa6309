/** Who works and who looks on, as the server tells it; and a conflict object by object. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../lib/store";
import { viewCounts } from "../mask/rle";
import type { Operation, Shown } from "../model/changes";
import { disputes, subjectOf, type Conflict } from "../model/conflict";
import type { Person } from "../server/protocol";
import { initialState, type State } from "../state";
import { Presence, roughly } from "./presence";
import { Toasts } from "./toasts";

const person = (tab: string, holds = false): Person => ({
  tab,
  user: tab.length,
  name: tab,
  initials: "A",
  hue: 0,
  holds,
  away: false,
  idle: 0,
});

describe("presence", () => {
  let store: Store<State>;
  let presence: Presence;
  const here = vi.fn();
  const lost = vi.fn();
  const receive = (...people: Person[]) => presence.receive({ type: "presence", you: "me", people });
  const lease = () => store.get().lease;

  beforeEach(() => {
    vi.clearAllMocks();
    store = new Store(initialState("ready", 1));
    presence = new Presence(store, { here }, new Toasts(store), true, lost);
    presence.begin("me");
  });

  it("tells that this editor is open, and again with every connection", () => {
    presence.arrive();
    expect(here.mock.calls).toEqual([
      ["me", false],
      ["me", false],
    ]);
  });

  it("looks on while another one works, and takes over when asked to", () => {
    receive(person("alice", true), person("me"));
    expect(lease()).toMatchObject({ kind: "theirs", by: { name: "alice" }, lost: false });
    presence.take();
    expect(here).toHaveBeenLastCalledWith("me", true);
    receive(person("alice"), person("me", true));
    expect([lease(), store.get().toast]).toEqual([{ kind: "mine" }, null]);
  });

  it("is told at once when it was taken from us", () => {
    receive(person("me", true));
    receive(person("me"), person("bob", true));
    receive(person("me"), person("bob", true), person("rita"));
    expect(lease()).toMatchObject({ kind: "theirs", by: { name: "bob" }, lost: true });
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it("asks for a lease that became free, and says so", () => {
    receive(person("alice", true), person("me"));
    receive(person("me"));
    expect(here).toHaveBeenLastCalledWith("me", false);
    receive(person("me", true));
    expect(store.get().toast!.text).toContain("alice left");
  });

  it("says how long somebody was idle", () => {
    expect([150, 61, 3599, 7300].map(roughly)).toEqual(["3 minutes", "a minute", "an hour", "2 hours"]);
  });
});

describe("a conflict", () => {
  const view = { width: 10, height: 10 };
  /** An object of `length` pixels in the column `x`. */
  const one = (uid: string, x: number, length: number, category = 1): Shown => ({
    id: null,
    uid,
    category,
    counts: viewCounts({ box: [x, 0, 1, length], runs: [0, length] }, 10, 10),
    clicks: [],
  });
  const create = ({ uid, category, counts }: Shown): Operation => ({
    kind: "create",
    uid,
    category,
    counts,
    clicks: [],
  });

  it("is told object by object, with what each side has", () => {
    const theirs = { objects: [], status: null, note: null };
    const changed = [one("changed", 1, 5), one("new there", 5, 9)];
    const mine = [one("changed", 1, 3), one("new here", 7, 4), one("same thing", 5, 8)];
    const conflict = {
      theirs: {
        ...theirs,
        objects: [
          { uid: "changed", what: "changed", category: 1 },
          { uid: "new there", what: "added", category: 1 },
          { uid: "gone", what: "removed", category: 1 },
        ],
      },
      mine: [
        { kind: "change", uid: "changed", counts: "" },
        { kind: "change", uid: "gone", category: 2 },
        create(mine[1]!),
        create(mine[2]!),
        { kind: "delete", uid: "deleted" },
      ],
      current: { version: 2, status: "new", annotations: [...changed, one("deleted", 9, 2)] },
      shown: [...mine, one("gone", 2, 2, 2)],
    } as unknown as Conflict;
    const found = disputes(conflict, view).map(({ uid, who, theirs, mine, twins }) => [
      uid,
      who,
      theirs?.patch.box[3],
      mine?.patch.box[3],
      twins,
    ]);
    expect(found).toEqual([
      ["changed", "both", 5, 3, false],
      ["same thing", "both", 9, 8, true],
      ["gone", "both", undefined, 2, false],
      ["new here", "mine", undefined, 4, false],
      ["deleted", "mine", 2, undefined, false],
    ]);
    expect(conflict.mine.map(subjectOf).slice(0, 2)).toEqual(["changed", "gone"]);
    expect(subjectOf({ kind: "note", text: "" })).toBe("note");
  });
});
