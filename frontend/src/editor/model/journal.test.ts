import { describe, expect, it } from "vitest";
import { MemoryDatabase } from "../lib/indexedDb";
import { drawing } from "../mask/brute";
import { DraftStore } from "../saving/draftStore";
import { apply, type Shown } from "./changes";
import * as journals from "./journal";
import type { Content, Entry, ObjectChange } from "./journal";
import * as works from "./work";

const content = (category: number, counts = "mask"): Content => ({ category, counts, clicks: [] });
const shown = (uid: string, one: Content): Shown => ({ id: 1, uid, ...one });
const entry = (...changes: ObjectChange[]): Omit<Entry, "serial"> => ({
  what: "keep",
  category: 1,
  changes,
  work: null,
});
const KEEP: ObjectChange = { uid: "a", before: null, after: content(1) };
const CHANGE: ObjectChange = { uid: "b", before: content(1), after: content(2, "other") };
const DELETE: ObjectChange = { uid: "c", before: content(3), after: null };

describe("the journal", () => {
  it("does and undoes changes of any kind, each by operations for the outbox", () => {
    const start = [shown("b", content(1)), shown("c", content(3))];
    const changes = [KEEP, CHANGE, DELETE];
    const done = apply(start, journals.operationsFor(changes, start)!);
    expect(done.map(({ uid, category, counts }) => [uid, category, counts])).toEqual([
      ["b", 2, "other"],
      ["a", 1, "mask"],
    ]);
    const undone = apply(done, journals.operationsFor(journals.reversed(changes), done)!);
    expect(new Set(undone.map(({ uid, category, counts }) => `${uid} ${category} ${counts}`))).toEqual(
      new Set(["b 1 mask", "c 3 mask"]),
    );
  });

  it("brings a deleted crowd back as one, with place and attributes", () => {
    const crowd = { ...content(3), z: 4, attributes: { 1: "far" }, crowd: true };
    const gone: ObjectChange = { uid: "c", before: journals.contentOf(crowd), after: null };
    const [operation] = journals.operationsFor(journals.reversed([gone]), [])!;
    expect(operation).toEqual({ kind: "create", uid: "c", ...crowd });
  });

  it("leaves alone what someone else changed meanwhile", () => {
    const undo = journals.reversed([KEEP]);
    expect(journals.operationsFor(undo, [shown("a", content(1, "theirs"))])).toBeNull();
    expect(journals.operationsFor(undo, [])).toBeNull();
    expect(journals.operationsFor(journals.reversed([DELETE]), [shown("c", content(3))])).toBeNull();
  });

  it("goes back and forth, and forgets what was undone when something new is done", () => {
    let journal = journals.record(journals.record(journals.NOTHING_DONE, entry(KEEP)), entry(CHANGE));
    const [first, second] = journal.entries;
    expect(journals.lastDone(journal)).toBe(second);
    journal = journals.stepped(journal, -1);
    expect([journals.lastDone(journal), journals.nextToRedo(journal)]).toEqual([first, second]);
    expect(journals.nextToRedo(journals.stepped(journal, 1))).toBeNull();
    expect(journals.nextToRedo(journals.withoutRedo(journal))).toBeNull();
    journal = journals.record(journal, entry(DELETE));
    expect(journal.entries.map(({ changes }) => changes[0])).toEqual([KEEP, DELETE]);
    expect(journal.entries[1]!.serial).toBeGreaterThan(first!.serial);
    expect(journals.without(journal, first!)).toEqual({ entries: [journal.entries[1]], done: 1 });
  });

  it("has an end", () => {
    let journal = journals.NOTHING_DONE;
    for (let count = 0; count < 130; count++) journal = journals.record(journal, entry(KEEP));
    expect([journal.entries.length, journal.done, journal.entries.at(-1)!.serial]).toEqual([100, 100, 130]);
  });
});

describe("the drafts", () => {
  const { spans, view } = drawing("##..", "##..");
  const work = () => {
    const clicked = works.addClick(works.begin("one", 1, view), { x: 1, y: 1, positive: true });
    const answered = works.answered(clicked, { box: [0, 0, 1, 1], runs: [0, 1] }, 1, true, ["t1-0-0"]);
    return works.paint(answered, "brush", spans, true);
  };

  it("brings the open object back with its steps, masks and what they share", async () => {
    const database = new MemoryDatabase();
    const before = work();
    const drafts = new DraftStore(database);
    drafts.saveWork(null, [before]); // too early: would overwrite what is not read yet
    expect((await drafts.load("me/1")).finishing).toEqual([]);
    drafts.saveWork(before, [works.begin("two", 1, view)]);
    await Promise.resolve();
    const { open, finishing } = await new DraftStore(database).load("me/1");
    expect(open).toEqual(before);
    expect(finishing).toHaveLength(1);
    expect(works.isSettled(open!)).toBe(true); // the answer is still that of these very prompts
    expect(works.undo(open!)!.mask).toEqual(works.undo(before)!.mask);
    expect((await new DraftStore(database).load("me/2")).open).toBeNull();
  });

  it("stores an entry once, and forgets it with the journal", async () => {
    const database = new MemoryDatabase();
    const written: string[][] = [];
    const write = database.write.bind(database);
    database.write = (values) => {
      written.push([...values.keys()]);
      return write(values);
    };
    const drafts = new DraftStore(database);
    await drafts.load("me/1");
    let journal = journals.record(journals.NOTHING_DONE, { ...entry(KEEP), work: work() });
    drafts.saveJournal(journal);
    journal = journals.stepped(journals.record(journal, entry(CHANGE)), -1);
    drafts.saveJournal(journal);
    await Promise.resolve();
    expect((await new DraftStore(database).load("me/1")).journal).toEqual(journal);
    drafts.saveJournal(journals.record(journal, entry(DELETE)));
    await Promise.resolve();
    expect(written).toEqual([
      ["me/1/1", "me/1/head"],
      ["me/1/2", "me/1/head"],
      ["me/1/3", "me/1/2", "me/1/head"],
    ]);
    drafts.saveWork(null, []);
    expect(written).toHaveLength(3);
  });
});
