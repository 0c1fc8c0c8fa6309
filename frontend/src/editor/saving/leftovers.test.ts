/** Left-over changes of other images, also of deleted ones: listed with their names, taken along, discarded. */

import { beforeEach, expect, it } from "vitest";
import { Unsaved } from "../editing/unsaved";
import { Editor } from "../editor";
import { MemoryDatabase } from "../lib/indexedDb";
import type { Operation } from "../model/changes";
import { around, bootOf } from "../testing";
import { PendingStore } from "./pendingStore";
import type { UnsavedFile } from "./refused";

const VIEW = { width: 40, height: 30 };
const DELETED = 7;
const OPEN = 8;
const create: Operation = { kind: "create", uid: "u", category: 3, counts: "a mask", clicks: [], z: 0 };
const note: Operation = { kind: "note", text: "two cats" };

let database: MemoryDatabase;
let editor: Editor;

const fetcher = (url: string): Promise<Response> => {
  if (url.includes(`/images/${DELETED}/`)) return Promise.resolve(Response.json({ error: {} }, { status: 404 }));
  return Promise.resolve(Response.json({ version: 0, status: "new", annotations: [] }));
};
const surroundings = () => around({ fetch: fetcher as typeof fetch }, { database });
const leave = (image: number, more: object = {}) => {
  const pending = new PendingStore(database, `1/${image}/tab`, { name: `${image}.jpg`, width: 5, height: 9 });
  pending.write({ before: null, operations: [note], ...more });
};

beforeEach(async () => {
  database = new MemoryDatabase();
  const refused = { operation: create, message: "No such class.", code: "bad_category", objects: [] };
  leave(DELETED, { refused: [refused] });
  leave(OPEN);
  editor = new Editor(bootOf(VIEW), surroundings());
  await editor.begin();
  await editor.unsaved.look();
});

it("are told, with whether the image can still be opened", () => {
  expect(editor.store.get().elsewhere).toEqual([
    { image: DELETED, name: "7.jpg", there: false },
    { image: OPEN, name: "8.jpg", there: true },
  ]);
});

it("can be had as a file with masks of the image's own size", async () => {
  const files: [string, UnsavedFile][] = [];
  const unsaved = new Unsaved(editor, surroundings(), (name, content) => files.push([name, content]));
  await unsaved.downloadLeft(DELETED);
  const [[name, file]] = files as [[string, UnsavedFile]];
  expect(name).toBe("unsaved-image-7.json");
  expect(file.annotations).toMatchObject([{ category_id: 3, segmentation: { size: [9, 5], counts: "a mask" } }]);
  expect([file.other_changes, file.reasons]).toEqual([[note], ["No such class."]]);
});

it("are gone for good once they are discarded, and only they", async () => {
  await editor.unsaved.discardLeft(DELETED);
  expect(editor.store.get().elsewhere.map(({ image }) => image)).toEqual([OPEN]);
  expect(await database.keys("1/7/")).toEqual([]);
  expect(await database.keys("1/8/")).toEqual(["1/8/tab/op-1", "1/8/tab/queue"]);
});
