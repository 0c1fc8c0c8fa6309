/** What an open editor does when it is told that its project changed, or that its image is gone. */

import { beforeEach, expect, it, vi } from "vitest";
import { Editor } from "../editor";
import { viewCounts } from "../mask/rle";
import { stroke } from "../mask/shapes";
import { patchOf } from "../mask/spans";
import type { Listener } from "../server/connection";
import type { ProjectData } from "../server/types";
import { around, bootOf } from "../testing";

const VIEW = { width: 40, height: 30 };
const COUNTS = viewCounts(patchOf(stroke([{ x: 9, y: 9 }], 3, VIEW), VIEW.height), VIEW.width, VIEW.height);
const CLASSES = bootOf(VIEW).project.categories;

let project: ProjectData;
let there: boolean;
let posted: number;
let classes: Set<number>;
let editor: Editor;
let listener: Listener;

const fetcher = (url: string, { method, body }: RequestInit): Promise<Response> => {
  if (!there) return Promise.resolve(Response.json({ error: { code: "not_found", message: "No." } }, { status: 404 }));
  if (url.startsWith("/api/projects/")) return Promise.resolve(Response.json(project));
  if (method === "GET") return Promise.resolve(Response.json({ version: 0, status: "new", annotations: [] }));
  posted += 1;
  const { version: _, ...content } = JSON.parse(body as string) as { version: number; category: number };
  if (!classes.has(content.category)) {
    return Promise.resolve(
      Response.json({ error: { code: "bad_category", message: "No such class." } }, { status: 400 }),
    );
  }
  return Promise.resolve(Response.json({ version: 1, annotation: { id: 1, ...content } }, { status: 201 }));
};

beforeEach(async () => {
  [there, posted, classes] = [true, 0, new Set([1, 2])];
  const may = { can_label: true, can_review: false, can_export: false, can_manage: false, can_archive: false };
  const texts = { name: "", instructions: "", role: "annotator", state: "active" } as const;
  project = { ...texts, ...may, can_assign: false, categories: CLASSES, merged: [], attributes: [], panoptic: false };
  const listen = (one: Listener) => (listener = one);
  editor = new Editor(bootOf(VIEW), around({ fetch: fetcher as typeof fetch }, { listen }));
  await editor.begin();
});

const told = async (change: Partial<ProjectData>) => {
  project = { ...project, ...change };
  listener.project();
  await vi.waitFor(() => expect(editor.store.get().project).toMatchObject({ categories: project.categories }));
};

it("goes by the new classes at once, also for the class that objects get next", async () => {
  editor.classes.choose(2);
  await told({ categories: [{ ...CLASSES[0]!, name: "lorry", hotkey: "7" }] });
  expect([editor.classes.category(1)?.name, editor.classes.category(2)]).toEqual(["lorry", undefined]);
  expect(editor.store.get().activeCategory).toBe(1);
  editor.classes.chooseByHotkey("2");
  expect(editor.store.get().activeCategory).toBe(1);
});

it("tries again what was refused for want of a class, once that is there", async () => {
  classes.delete(2);
  editor.outbox.add({ kind: "create", uid: "u", category: 2, counts: COUNTS, clicks: [], z: 0 });
  await vi.waitFor(() => expect(editor.store.get().refused).toHaveLength(1));
  await told({ categories: CLASSES.slice(0, 1) });
  expect(posted).toBe(1); // it would be refused again
  classes.add(2);
  await told({ categories: CLASSES });
  await vi.waitFor(() => expect([editor.store.get().save.kind, editor.store.get().unsaved]).toEqual(["saved", 0]));
});

it("lets nobody label who may not any more", async () => {
  project = { ...project, role: "reviewer", can_label: false };
  listener.project();
  await vi.waitFor(() => expect(editor.permission.canLabel).toBe(false));
});

it("says that the image is gone, and keeps what is not saved until it is discarded", () => {
  there = false;
  listener.gone("image");
  expect(editor.store.get().save).toEqual({ kind: "gone", message: "This image was deleted." });
  expect(editor.permission.canLabel).toBe(false);
  editor.outbox.add({ kind: "note", text: "two cats" });
  expect(editor.store.get().unsaved).toBe(1);
  editor.unsaved.dropAll();
  expect([editor.store.get().unsaved, editor.store.get().save.kind]).toEqual([0, "gone"]);
});

const draw = () => {
  editor.classes.choose(1);
  editor.prompts.paint("brush", stroke([{ x: 9, y: 9 }], 3, VIEW), true, { x: 9, y: 9 });
};

it("counts the object in work among what is not saved once the image is gone", () => {
  draw();
  expect(editor.store.get().open?.mask.runs.length).toBeGreaterThan(0);
  there = false;
  listener.gone("image");
  expect(editor.store.get().open).toBeNull();
  expect(editor.store.get().unsaved).toBe(1);
});

it("goes on with the class that the chosen one was merged into", async () => {
  const third = { ...CLASSES[1]!, number: 3, name: "bus" };
  editor.classes.choose(2);
  await told({ categories: [CLASSES[0]!, third], merged: [{ number: 2, into: 3 }] });
  expect(editor.store.get().activeCategory).toBe(3);
});

it("takes over what a new role may do besides", async () => {
  project = { ...project, role: "manager", can_manage: true };
  listener.project();
  await vi.waitFor(() =>
    expect(editor.boot.user).toMatchObject({ role: "manager", can_label: true, can_manage: true }),
  );
});

it("lets nobody label in an archived project, says so, and asks to reload when it is restored", async () => {
  draw();
  project = { ...project, state: "archived", can_label: false };
  listener.project();
  await vi.waitFor(() => expect(editor.permission.canLabel).toBe(false));
  expect(editor.outbox.shown).toHaveLength(1);
  expect(editor.store.get().toast?.text).toContain("archived");
  project = { ...project, state: "active", can_label: true };
  listener.project();
  await vi.waitFor(() => expect(editor.store.get().toast?.text).toContain("restored. Reload"));
});

it("sets the object in work aside when the person may not label any more", async () => {
  draw();
  project = { ...project, role: "reviewer", can_label: false };
  listener.project();
  await vi.waitFor(() => expect(editor.permission.canLabel).toBe(false));
  expect(editor.store.get().open).toBeNull();
  expect(editor.outbox.shown).toHaveLength(1);
});
