/** Suggestions in the editor, without a window: against a server that lives in this file. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Editor } from "../editor";
import { recipeOf } from "../model/work";
import { perform, type Pressed } from "../panels/shortcuts";
import type { Listener } from "../server/connection";
import type { Hello } from "../server/protocol";
import type { Method, SuggestionData } from "../server/types";
import { around, bootOf, storageOn } from "../testing";
import { rectangle, written } from "./testing";

const VIEW = { width: 100, height: 60 };
const FOUND = [
  rectangle("car", [10, 10, 30, 20], { score: 0.9, category: 2, method: "instances", word: "car" }),
  rectangle("wheel", [12, 22, 8, 8], { score: 0.6 }),
  rectangle("tree", [60, 5, 20, 50], { score: 0.5 }),
  rectangle("leaf", [62, 7, 4, 4], { score: 0.2 }),
];

const METHODS: Method[] = ["everything", "instances", "panoptic", "text"];
const BOOT = bootOf(VIEW, {
  methods: METHODS.map((method) => ({
    method,
    title: method,
    about: `Asks ${method}.`,
    can: method !== "panoptic",
    head: null,
    trained: method === "instances" || method === "panoptic",
    on_images: method !== "text",
    automatic: method === "everything",
  })),
});

/** Annotations and suggestions behind `fetch`. */
class Server {
  version = 0;
  kept: { id: number; uid: string; category: number; counts: string; clicks: [] }[] = [];
  offered: SuggestionData[] = FOUND.map(written);
  running: Method[] = [];
  looked: object[] = [];
  told: [string, string[]][] = [];
  asked: Method[] = [];

  readonly fetch: typeof fetch = (url, init) => {
    const body = init?.body ? (JSON.parse(String(init.body)) as Record<string, never>) : {};
    const answer = this.answer(init?.method ?? "GET", String(url), body);
    return Promise.resolve(Response.json(answer));
  };

  private answer(method: string, url: string, body: Record<string, never>): object {
    if (url.startsWith("/suggestions/")) {
      this.told.push([url.split("/").at(-1)!, body["uids"]!]);
      return {};
    }
    if (url === "/suggestions" && method === "POST") {
      this.asked.push(body["method"]!);
      return {};
    }
    if (url === "/suggestions") return { results: this.offered, running: this.running, looked: this.looked };
    if (method === "GET") return { version: this.version, status: "new", annotations: this.kept };
    if (url === "/changes") return this.change(body["changes"]!);
    this.version += 1;
    if (url === "/status") return { version: this.version, status: "done" };
    if (method === "DELETE") {
      this.kept = this.kept.filter(({ id }) => `/annotations/${id}` !== url);
      return { version: this.version };
    }
    const changed = this.kept.find(({ id }) => `/annotations/${id}` === url);
    if (changed) {
      const { version: _, ...content } = body;
      const annotation = { ...changed, ...(content as object) };
      this.kept = this.kept.map((one) => (one === changed ? annotation : one));
      return { version: this.version, annotation };
    }
    const annotation = { ...(body as object), id: this.version } as unknown as Server["kept"][0];
    this.kept.push(annotation);
    return { version: this.version, annotation };
  }

  /** Several at once, all of them new or deleted. */
  private change(changes: (Server["kept"][0] & { kind: string })[]): object {
    const before = this.kept;
    for (const { kind, ...one } of changes) {
      this.version += 1;
      this.kept = this.kept.filter(({ uid }) => uid !== one.uid);
      if (kind === "create") this.kept.push({ ...one, id: this.version });
    }
    return { version: this.version, annotations: this.kept.filter((one) => !before.includes(one)) };
  }
}

describe("suggestions in the editor", () => {
  let server: Server;
  let editor: Editor;
  let listener: Listener;
  let stored: Map<string, unknown>;

  const open = async (boot = BOOT) => {
    const listen = (one: Listener) => (listener = one);
    editor = new Editor(boot, around(server, { storage: storageOn(stored), listen }));
    await editor.begin();
    listener.hello({ type: "hello", state: "ready" } as Hello);
    await vi.waitFor(() => expect(now().load.kind).toBe("ready"));
  };
  const now = () => editor.suggestions.store.get();
  const shown = () => now().shown.map(({ uid }) => uid);
  const press = (action: Pressed) => perform({ editor, view: null }, action);
  const saved = () => vi.waitFor(() => expect(editor.store.get().save.kind).toBe("saved"));
  const kept = () => server.kept.map(({ uid, category }) => [uid, category]);
  const hit = (x: number, y: number, more: { secondary?: boolean; shift?: boolean } = {}) => {
    const how = { secondary: false, shift: false, twice: false, reach: 2, ...more };
    return editor.tools.press({ at: { x, y }, ...how });
  };

  beforeEach(async () => {
    server = new Server();
    stored = new Map();
    await open();
    press("suggest");
    editor.suggestions.threshold(0.3);
  });

  it("closes an open object that has nothing when it is asked for, as suggestions show only without one", async () => {
    editor.prompts.click({ x: 1, y: 1 }, true);
    editor.openObject.undo();
    expect(editor.store.get().open).not.toBeNull();
    await editor.suggestions.search.find("the cat");
    expect(editor.store.get().open).toBeNull();
  });

  it("keeps what is pointed at by click and by Enter, with the class of the last key, under its uid", async () => {
    expect(shown()).toEqual(["car", "wheel", "tree"]);
    editor.tools.hover({ x: 65, y: 30 }, 2);
    expect(now().pointed).toBe("tree");
    press("category2"); // keeps nothing by itself
    expect([editor.store.get().kept, now().pointed]).toEqual([[], "tree"]);
    press("keep");
    editor.tools.hover({ x: 15, y: 25 }, 2);
    hit(15, 25)!.end(); // the wheel, which has no class: it gets the one that was chosen last
    press("nextSuggestion");
    press("keep");
    await saved();
    expect(kept()).toEqual([
      ["tree", 2],
      ["wheel", 2],
      ["car", 2],
    ]);
    expect(server.kept[0]!.counts).toBe(FOUND[2]!.counts); // as it was suggested, letter by letter
    for (let undo = 0; undo < 3; undo++) press("undo");
    await saved();
    expect([kept(), shown()]).toEqual([[], ["car", "wheel", "tree"]]);
  });

  it("keeps nothing by a class's key: it is for the one that is pointed at, once that is kept", async () => {
    editor.tools.hover({ x: 35, y: 12 }, 2);
    press("category1");
    editor.tools.hover({ x: 65, y: 30 }, 2); // forgotten with the next one
    editor.tools.hover({ x: 35, y: 12 }, 2);
    press("keep");
    press("nextSuggestion");
    press("category1");
    press("category2");
    press("category1");
    press("keep");
    await saved();
    expect(kept()).toEqual([
      ["car", 2],
      ["tree", 1],
    ]);
    press("undo");
    press("undo");
    press("instances");
    editor.tools.hover({ x: 35, y: 12 }, 2);
    press("category1");
    hit(35, 12)!.end();
    await saved();
    expect(kept()).toEqual([["car", 1]]);
  });

  it("lets keys be about selected objects rather than what lies under the pointer", async () => {
    hit(35, 12)!.end();
    editor.selection.pick("car");
    editor.tools.hover({ x: 65, y: 30 }, 2);
    press("category1");
    await saved();
    expect(kept()).toEqual([["car", 1]]);
    press("delete");
    await saved();
    expect([kept(), now().rejected.size]).toEqual([[], 0]);
    press("undo");
    editor.selection.pick("car");
    press("nextSuggestion"); // turns to the suggestions again
    expect(editor.store.get().selection).toEqual([]);
    press("keep");
    await saved();
    expect(kept().map(([uid]) => uid)).toEqual(["car", "tree"]);
  });

  it("does not propose what lies over a kept object, until that is deleted", async () => {
    hit(35, 12)!.end();
    expect(shown()).toEqual(["tree"]); // the wheel is in the car
    await saved();
    editor.openObject.remove("car");
    expect(shown()).toEqual(["car", "wheel", "tree"]);
  });

  it("keeps all that a drag passes, in one step", async () => {
    const drag = hit(35, 12)!;
    drag.move({ x: 75, y: 12 }, false);
    expect(now().gathered).toEqual(["car", "tree"]);
    drag.end();
    await saved();
    expect(kept()).toEqual([
      ["car", 2],
      ["tree", 1],
    ]);
    press("undo");
    await saved();
    expect([kept(), now().gathered]).toEqual([[], []]);
  });

  it("rejects, remembers it on the server, and takes it back with undo", async () => {
    hit(65, 30, { secondary: true });
    press("nextSuggestion");
    press("delete");
    expect(shown()).toEqual(["wheel"]);
    press("undo");
    expect(shown()).toEqual(["car", "wheel"]);
    await vi.waitFor(() => expect(server.told.at(-1)).toEqual(["reopen", ["car"]]));
    expect(server.told[0]).toEqual(["reject", ["tree"]]);
    press("redo");
    expect(shown()).toEqual(["wheel"]);
  });

  it("opens one to correct it; untouched and cancelled it stays a suggestion", async () => {
    hit(35, 12, { shift: true });
    expect([editor.store.get().open!.uid, shown()]).toEqual(["car", ["wheel", "tree"]]);
    press("cancel");
    expect([editor.store.get().open, shown().length]).toEqual([null, 3]);
    hit(35, 12, { shift: true });
    editor.prompts.operate("grow");
    press("category1");
    press("keep");
    await saved();
    expect(kept()).toEqual([["car", 1]]);
    expect(server.kept[0]!.counts).not.toBe(FOUND[0]!.counts);
    press("undo");
    expect(recipeOf(editor.store.get().open!).category).toBe(1);
  });

  it("does not keep an opened one that nobody touched when another object is opened, or the image finished", async () => {
    hit(65, 30)!.end();
    hit(35, 12, { shift: true });
    editor.openObject.refine("tree");
    expect(editor.store.get().open!.source).toBe("tree");
    press("cancel");
    hit(35, 12, { shift: true });
    await editor.image.finish();
    expect([editor.store.get().open, kept()]).toEqual([null, [["tree", 1]]]);
  });

  it("shows more with a lower threshold, and keeps all that are shown", async () => {
    for (let step = 0; step < 3; step++) press("lessSure");
    expect(shown()).toHaveLength(4);
    press("surer");
    press("surer");
    expect(shown()).toHaveLength(3);
    press("keepAll");
    await saved();
    expect(kept().map(([uid]) => uid)).toEqual(["car", "tree"]);
    expect(editor.store.get().toast!.text).toBe("2 suggestions kept.");
    editor.toasts.run();
    await saved();
    expect(kept()).toEqual([]);
  });

  it("asks by itself where nothing is suggested, and says how that ends", async () => {
    server.offered = [];
    stored.clear();
    await open();
    press("suggest");
    expect(now().requested).toEqual(["everything"]);
    await vi.waitFor(() => expect(server.asked).toEqual(["everything"]));
    server.offered = FOUND.map(written);
    listener.suggestions({ type: "suggestions", method: "everything", found: 3 });
    await vi.waitFor(() => expect(shown()).toHaveLength(4));
    expect(now().requested).toEqual([]);
    press("instances");
    listener.suggestions({ type: "suggestions", method: "instances", found: 0, reason: "The model is broken." });
    await vi.waitFor(() => expect(editor.store.get().toast?.text).toBe("The model is broken."));
    press("panoptic");
    expect(editor.store.get().toast!.text).toContain("A manager can train one");
  });

  it("goes on showing them on the next image, unless they were hidden", async () => {
    await open();
    expect([editor.store.get().tool, now().above, shown().length]).toEqual(["suggest", 0.3, 3]);
    press("suggest");
    await open();
    expect(editor.store.get().tool).toBe("click");
  });

  it("keeps what was decided over new suggestions", async () => {
    hit(65, 30)!.end();
    await saved();
    server.offered = [written(rectangle("other", [0, 40, 10, 10], { score: 0.8 }))];
    listener.suggestions({ type: "suggestions", method: "everything", found: 1 });
    await vi.waitFor(() => expect(shown()).toEqual(["other"]));
    press("undo");
    expect(shown()).toEqual(["other", "tree"]);
  });

  it("is for looking only where one may not label", async () => {
    await open({ ...BOOT, user: { ...BOOT.user, role: "reviewer", can_label: false } });
    expect(editor.store.get().tool).toBe("suggest");
    press("nextSuggestion");
    press("keep");
    press("delete");
    hit(35, 12, { secondary: true });
    press("instances");
    expect([shown().length, kept(), server.told, server.asked]).toEqual([3, [], [], []]);
  });
});
