/** Two tabs on one image, and what one leaves behind. */

import { describe, expect, it, vi } from "vitest";
import { MemoryDatabase } from "../lib/indexedDb";
import { SpokenLocks, type Locks } from "../lib/locks";
import { seen, type Operation } from "../model/changes";
import { begin } from "../model/work";
import { DraftStore } from "./draftStore";
import { PendingStore } from "./pendingStore";
import { takeScope, type TabScope } from "./tabScope";

/** Locks that end with their tab. */
class TabLocks implements Locks {
  readonly held = new Set<string>();

  hold(name: string): Promise<(() => void) | null> {
    if (this.held.has(name)) return Promise.resolve(null);
    this.held.add(name);
    return Promise.resolve(() => this.held.delete(name));
  }
}

const create = (uid: string): Operation => ({ kind: "create", uid, category: 1, counts: uid, clicks: [] });
const set = (version: number) => seen({ version, status: "in_progress", annotations: [] });
const work = (uid: string) => begin(uid, 1, { width: 9, height: 9 });

describe("a tab's scope", () => {
  const browser = () => ({ database: new MemoryDatabase(), locks: new TabLocks() });
  const sit = (around: ReturnType<typeof browser>, known: string | null = null, base = "7/1") => {
    let name = known;
    return takeScope({ ...around, name: { read: () => name, write: (given) => (name = given) } }, base);
  };
  const pending = ({ database }: ReturnType<typeof browser>, tabScope: TabScope) =>
    new PendingStore(database, tabScope.scope);

  it("is the same after a reload, and another one in a copy of the tab", async () => {
    const around = browser();
    const first = await sit(around);
    const copy = await sit(around, first.tab);
    expect(copy.tab).not.toBe(first.tab);
    first.leave();
    expect((await sit(around, first.tab)).scope).toBe(first.scope);
  });

  it("keeps what two open tabs wait to save apart", async () => {
    const around = browser();
    const [one, other] = [await sit(around), await sit(around)];
    pending(around, one).write({ before: set(1), operations: [create("a")] });
    pending(around, other).write({ before: set(1), operations: [create("b")] });
    one.leave();
    const reloaded = await sit(around, one.tab);
    expect((await pending(around, reloaded).read())!.operations).toEqual([create("a")]);
  });

  it("takes over what closed tabs left: all changes in order, every open object, the journal", async () => {
    const around = browser();
    const left = [await sit(around), await sit(around)];
    pending(around, left[0]!).write({ before: set(5), operations: [create("a"), create("b")] });
    pending(around, left[1]!).write({ before: set(3), operations: [create("c")] });
    for (const tabScope of left) {
      const drafts = new DraftStore(around.database);
      await drafts.load(tabScope.scope);
      drafts.saveWork(work(tabScope.tab), [work(`${tabScope.tab} waits`)]);
      drafts.saveJournal({ entries: [{ serial: 4, what: "delete", category: 1, changes: [], work: null }], done: 1 });
    }
    await Promise.resolve();
    for (const tabScope of left) tabScope.leave();
    const next = await sit(around);
    const waiting = (await pending(around, next).read())!;
    expect(waiting.before).toEqual(set(3));
    expect(waiting.operations).toEqual([create("c"), create("a"), create("b")]);
    const { open, others, finishing, journal } = await new DraftStore(around.database).load(next.scope);
    expect(new Set([open!.uid, ...others.map(({ uid }) => uid)])).toEqual(new Set(left.map(({ tab }) => tab)));
    expect([finishing.length, journal.entries.length]).toEqual([2, 1]);
    expect((await around.database.keys("")).every((key) => key.startsWith(next.scope))).toBe(true);
  });

  it("tells of changes on other images that nobody saves", async () => {
    const around = browser();
    const [one, other] = [await sit(around, null, "7/1"), await sit(around, null, "7/12")];
    pending(around, one).write({ before: null, operations: [create("a")] });
    pending(around, other).write({ before: null, operations: [create("b")] });
    one.leave();
    expect((await sit(around, null, "7/3")).elsewhere.map(({ image }) => image)).toEqual([1]); // 12 is open
    expect((await sit(around, null, "8/3")).elsewhere).toEqual([]); // another person's browser profile
  });
});

describe("the pending store", () => {
  it("writes each change once, and forgets what is saved", async () => {
    const database = new MemoryDatabase();
    const pending = new PendingStore(database, "me");
    const written = vi.spyOn(database, "write");
    const [a, b] = [create("a"), create("b")];
    pending.write({ before: null, operations: [a] });
    pending.write({ before: null, operations: [a, b] });
    expect(written.mock.calls.map(([values]) => [...values.keys()])).toEqual([
      ["me/op-1", "me/queue"],
      ["me/op-2", "me/queue"],
    ]);
    pending.write({ before: set(2), operations: [b] });
    expect(await new PendingStore(database, "me").read()).toEqual({ before: set(2), operations: [b], refused: [] });
    pending.write({ before: set(3), operations: [] });
    expect(await database.keys("")).toEqual([]);
  });
});

describe("locks that are asked for", () => {
  const tabs = () => [1, 2].map((tab) => new SpokenLocks(new BroadcastChannel("place.test"), `tab ${tab}`));

  it("are held by one tab, until it gives them back", async () => {
    const [one, other] = tabs() as [SpokenLocks, SpokenLocks];
    const release = await one.hold("a", 0);
    expect([await other.hold("a", 0), await one.hold("a", 0)]).toEqual([null, null]);
    expect(await other.hold("b", 0)).not.toBeNull();
    release!();
    expect(await other.hold("a", 0)).not.toBeNull();
  });

  it("are given to one of two that ask at once", async () => {
    const got = await Promise.all(tabs().map((tab) => tab.hold("c", 0)));
    expect(got.filter((release) => release !== null)).toHaveLength(1);
  });
});
