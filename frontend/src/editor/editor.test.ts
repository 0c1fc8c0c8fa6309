/** The editor without a window: clicks, strokes, keeping and undo against a decoder and a set that live in this file. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Editor } from "./editor";
import type { Point } from "./lib/geometry";
import { MemoryDatabase } from "./lib/indexedDb";
import { stroke } from "./mask/shapes";
import { patchOf } from "./mask/spans";
import { clicksOf, isSettled } from "./model/work";
import type { Answer, ClickConnection, Listener, Tracked } from "./server/connection";
import type { AnnotationData } from "./server/types";
import { around, bootOf } from "./testing";

const VIEW = { width: 60, height: 40 };

/** Answers prompts when it is told to: a disc at every positive click, on top of the mask to refine. */
class Decoder {
  listener!: Listener;
  readonly wanted = new Map<string, Tracked>();

  connect(): void {}
  prefetch(): void {}
  retryNow(): void {}
  here(): void {}
  dispose(): void {}
  track(wanted: Tracked): void {
    this.wanted.set(wanted.object, wanted);
  }
  release(object: string): void {
    this.wanted.delete(object);
  }

  answer(): void {
    for (const { object, clicks } of [...this.wanted.values()]) {
      if (clicks.length === 0) continue;
      const discs = clicks.filter(([, , positive]) => positive).map(([x, y]) => ({ x, y }));
      const patch = patchOf(stroke(discs, 7, VIEW), VIEW.height);
      const answer: Answer = {
        object,
        patch,
        clicks: clicks.length,
        final: true,
        tiles: [],
        coarse: false,
        milliseconds: 1,
      };
      this.listener.mask(answer);
    }
  }
}

/** An annotation set behind `fetch`, with ids and versions. */
class Service {
  version = 0;
  annotations: AnnotationData[] = [];
  down = false;

  readonly fetch: typeof fetch = (url, init) => {
    if (this.down) return Promise.reject(new TypeError("Failed to fetch"));
    const body = init?.body ? (JSON.parse(String(init.body)) as AnnotationData) : null;
    return Promise.resolve(
      Response.json(this.answer(init?.method ?? "GET", Number(String(url).split("/").at(-1)), body)),
    );
  };

  private answer(method: string, id: number, body: AnnotationData | null): object {
    if (method === "GET") return { version: this.version, status: "new", annotations: this.annotations };
    this.version += 1;
    if (method === "DELETE") {
      this.annotations = this.annotations.filter((one) => one.id !== id);
      return { version: this.version };
    }
    const before = this.annotations.find((one) => one.id === id);
    const annotation = { ...before, ...body!, id: before?.id ?? this.version } as AnnotationData;
    this.annotations = [...this.annotations.filter((one) => one !== before), annotation];
    return { version: this.version, annotation };
  }
}

const BOOT = bootOf(VIEW);

describe("the editor", () => {
  let service: Service;
  let database: MemoryDatabase;
  let decoder: Decoder;
  let editor: Editor;
  const go = vi.fn();

  const open = async () => {
    decoder = new Decoder();
    const connect = (listener: Listener) => {
      decoder.listener = listener;
      return decoder as unknown as ClickConnection;
    };
    editor = new Editor(BOOT, around(service, { database, connect, go }));
    await editor.begin();
  };
  const state = () => editor.store.get();
  const click = (x: number, y: number, positive = true) => {
    editor.prompts.click({ x, y }, positive);
    decoder.answer();
  };
  const brush = (...points: Point[]) => editor.prompts.paint("brush", stroke(points, 3, VIEW), true, points[0]!);
  const saved = () =>
    vi.waitFor(() => expect([state().save.kind, editor.outbox.operations.length]).toEqual(["saved", 0]));
  const shown = () => state().kept.map(({ category, area }) => [category, area]);

  beforeEach(async () => {
    go.mockClear();
    service = new Service();
    database = new MemoryDatabase();
    await open();
  });

  it("keeps an object, takes that back and keeps it again", async () => {
    click(10, 10);
    brush({ x: 30, y: 30 });
    const { mask } = state().open!;
    editor.openObject.keep();
    await saved();
    expect([shown().length, state().open]).toEqual([1, null]);
    editor.openObject.undo();
    expect(shown()).toEqual([]);
    expect(state().open!.mask).toEqual(mask);
    editor.openObject.undo();
    editor.openObject.undo();
    editor.openObject.undo(); // there is nothing more in the object, and it stays open
    expect([clicksOf(state().open!), shown()]).toEqual([[], []]);
    editor.openObject.redo();
    editor.openObject.redo();
    editor.openObject.redo(); // all of its steps, then keeping it
    await saved();
    expect([shown().length, state().open, service.annotations.length]).toEqual([1, null, 1]);
    expect(service.annotations[0]!.clicks).toEqual([[10, 10, true]]);
  });

  it("never undoes another object while one is open", async () => {
    click(10, 10);
    editor.openObject.keep();
    click(30, 30);
    for (let count = 0; count < 9; count++) editor.openObject.undo();
    expect([shown().length, state().open !== null]).toEqual([1, true]);
    editor.openObject.cancel();
    editor.openObject.undo();
    expect(shown()).toEqual([]);
    await saved();
    expect(service.annotations).toEqual([]);
  });

  it("does not redo what something new was done after", async () => {
    click(10, 10);
    editor.openObject.keep();
    editor.openObject.undo();
    click(20, 20);
    editor.openObject.undo();
    editor.openObject.redo();
    editor.openObject.redo();
    expect([shown(), clicksOf(state().open!).length]).toEqual([[], 2]);
    await saved();
  });

  it("brings deleted and cancelled objects back, also after a reload", async () => {
    click(10, 10);
    editor.openObject.keep();
    brush({ x: 40, y: 5 }, { x: 50, y: 5 });
    editor.openObject.cancel();
    editor.openObject.remove(state().kept[0]!.uid);
    await saved();
    await open();
    expect([shown(), state().open]).toEqual([[], null]);
    editor.openObject.undo();
    expect(shown()).toHaveLength(1);
    editor.openObject.undo();
    expect(state().open!.mask.box).toEqual([39, 4, 13, 3]);
    editor.openObject.redo();
    expect(state().open).toBeNull();
    await saved();
    expect(service.annotations).toHaveLength(1);
  });

  it("restores what was open, with its steps and masks", async () => {
    click(10, 10);
    click(20, 10);
    const { mask } = state().open!;
    editor.openObject.undo();
    await open();
    expect([clicksOf(state().open!).length, isSettled(state().open!)]).toEqual([1, true]);
    editor.openObject.redo();
    expect(state().open!.mask).toEqual(mask);
    expect(decoder.wanted.get(state().open!.uid)!.clicks).toHaveLength(2);
  });

  it("undoes changes of a kept object, unless someone else changed it since", async () => {
    click(10, 10);
    editor.openObject.keep();
    await saved();
    const [before] = shown();
    editor.openObject.refine(state().kept[0]!.uid);
    decoder.answer();
    click(20, 20);
    editor.classes.choose(2);
    editor.openObject.keep();
    await saved();
    expect(shown()[0]).not.toEqual(before);
    editor.openObject.undo(); // keeping the mask, and then the class: that was saved when it was chosen
    editor.openObject.undo();
    expect(shown()).toEqual([before]);
    editor.openObject.redo();
    editor.openObject.redo();
    await saved();
    service.annotations = service.annotations.map((one) => ({ ...one, category: 1 }));
    await editor.outbox.refresh(++service.version);
    editor.openObject.undo();
    await saved();
    expect(shown()[0]![0]).toBe(1);
    expect(state().toast!.text).toContain("changed since");
  });

  /** A press with the tool in use, let go at once or after moving to `to`. */
  const press = (at: Point, more: { to?: Point; twice?: boolean; secondary?: boolean } = {}) => {
    const drag = editor.tools.press({ at, secondary: false, shift: false, twice: false, reach: 3, ...more });
    if (more.to) drag?.move(more.to, false);
    drag?.end();
    decoder.answer();
  };
  const keptAt = (x: number, y: number) => {
    click(x, y);
    editor.openObject.keep();
    return state().kept.at(-1)!.uid;
  };

  it("opens a kept object by a double click, and nothing is left of the first one", async () => {
    const kept = keptAt(10, 10);
    for (const tool of ["click", "box", "suggest"] as const) {
      editor.tools.pick(tool);
      press({ x: 11, y: 10 });
      expect([state().open!.source, clicksOf(state().open!).length], tool).toEqual([null, 1]);
      press({ x: 11, y: 10 }, { twice: true });
      expect([state().open!.source, clicksOf(state().open!).length], tool).toEqual([kept, 1]);
      editor.openObject.cancel();
      expect([state().open, state().toast?.text], tool).toEqual([null, undefined]);
    }
    await saved();
    expect(shown()).toHaveLength(1);
  });

  it("keeps the object in work when another one is double clicked, without the first click", async () => {
    const kept = keptAt(10, 10);
    click(40, 30);
    const { mask } = state().open!;
    press({ x: 11, y: 10 });
    press({ x: 11, y: 10 }, { twice: true });
    expect(state().open!.source).toBe(kept);
    expect(state().kept.at(-1)!.patch).toEqual(mask);
    await saved();
  });

  it("does not open what is locked or hidden by a double click", () => {
    const kept = keptAt(10, 10);
    const open = () => {
      press({ x: 11, y: 10 });
      press({ x: 11, y: 10 }, { twice: true });
      const { source } = state().open!;
      editor.openObject.cancel();
      return source;
    };
    editor.window.toggle("hidden");
    expect(open()).toBeNull();
    editor.window.toggle("hidden");
    editor.marks.mark("locked", [kept]);
    expect(open()).toBeNull();
    editor.marks.mark("locked", [kept]);
    expect(open()).toBe(kept);
  });

  it("stays with the box tool until another one is chosen", () => {
    editor.tools.pick("box");
    press({ x: 5, y: 5 }, { to: { x: 25, y: 25 } });
    const boxOf = () => state().open!.steps[state().open!.at]!.recipe.prompts.box;
    expect([state().tool, boxOf()]).toEqual(["box", [5, 5, 25, 25]]);
    press({ x: 4, y: 4 }, { to: { x: 30, y: 26 } });
    expect([state().tool, boxOf(), clicksOf(state().open!).length]).toEqual(["box", [4, 4, 30, 26], 0]);
    press({ x: 12, y: 12 }); // nothing dragged: a click, and with the right button one that cuts
    press({ x: 20, y: 20 }, { secondary: true });
    expect(clicksOf(state().open!).map(({ positive }) => positive)).toEqual([true, false]);
    press({ x: 12, y: 12 }, { to: { x: 15, y: 12 } }); // a dot is dragged, as with the click tool
    expect([clicksOf(state().open!)[0]!.x, boxOf()]).toEqual([15, [4, 4, 30, 26]]);
    press({ x: 30, y: 5 }, { to: { x: 31, y: 35 } }); // too thin for a box, too long for a click
    expect([clicksOf(state().open!).length, boxOf()]).toEqual([2, [4, 4, 30, 26]]);
  });

  it("changes the class of a selected object at once, and opens nothing", async () => {
    const [one, other] = [keptAt(10, 10), keptAt(40, 30)];
    await saved();
    const classes = () => service.annotations.toSorted((a, b) => a.id - b.id).map(({ category }) => category);
    editor.selection.select(one);
    editor.classes.chooseByHotkey("2");
    await saved();
    expect([state().open, state().selected, classes()]).toEqual([null, one, [2, 1]]);
    editor.openObject.undo();
    await saved();
    expect([state().open, classes()]).toEqual([null, [1, 1]]);
    editor.selection.pick(other);
    editor.classes.choose(2);
    await saved();
    expect([state().open, classes()]).toEqual([null, [1, 2]]);
  });

  it("changes the class of an opened kept object at once, and undo takes it back there and in the list", async () => {
    const kept = keptAt(10, 10);
    await saved();
    editor.openObject.refine(kept);
    decoder.answer();
    editor.classes.chooseByHotkey("2");
    await saved();
    expect([service.annotations[0]!.category, state().kept[0]!.category, state().open!.source]).toEqual([2, 2, kept]);
    editor.openObject.undo();
    await saved();
    expect([service.annotations[0]!.category, state().open!.source]).toEqual([1, kept]);
    editor.openObject.redo();
    await saved();
    expect(service.annotations[0]!.category).toBe(2);
    editor.openObject.cancel(); // nothing else was done with it
    expect([state().open, state().toast]).toEqual([null, null]);
    await saved();
    editor.openObject.undo();
    await saved();
    expect(service.annotations[0]!.category).toBe(1);
  });

  it("opens the one selected object with Enter, and says so where several are", () => {
    const [one, other] = [keptAt(10, 10), keptAt(40, 30)];
    editor.openObject.enter();
    expect(state().open).toBeNull();
    editor.selection.choose([one, other]);
    editor.openObject.enter();
    expect([state().open, state().toast!.text]).toEqual([null, "Several objects are selected. Select one to open it."]);
    editor.selection.pick(one);
    expect(state().open).toBeNull();
    editor.openObject.enter();
    expect(state().open!.source).toBe(one);
  });

  it("changes nothing in a window that only shows", async () => {
    const kept = keptAt(10, 10);
    editor.tools.pick("box");
    editor.window.viewOnly(true);
    press({ x: 11, y: 10 });
    press({ x: 11, y: 10 }, { twice: true });
    expect([state().open, state().selected, state().tool]).toEqual([null, kept, "click"]);
    editor.classes.choose(2);
    editor.openObject.remove(kept);
    editor.openObject.undo();
    expect([shown(), state().toast!.text]).toEqual([[[1, 37]], expect.stringContaining("too small for labeling")]);
    editor.window.viewOnly(false);
    editor.classes.choose(2);
    expect(shown()).toEqual([[2, 37]]);
    await saved();
  });

  it("keeps an object early and saves it when its mask is there", async () => {
    editor.prompts.click({ x: 10, y: 10 }, true);
    editor.openObject.keep();
    expect([state().open, state().finishing.length, shown()]).toEqual([null, 1, []]);
    editor.openObject.undo(); // it is not kept yet: open again
    expect([state().finishing.length, state().open !== null]).toEqual([0, true]);
    editor.openObject.keep();
    const answered = vi.fn();
    void editor.bench.answered().then(answered);
    await Promise.resolve();
    expect(answered).not.toHaveBeenCalled(); // a click waits: what nobody waits for does, too
    decoder.answer();
    await saved();
    expect([shown().length, state().finishing.length, answered.mock.calls.length]).toEqual([1, 0, 1]);
  });

  it("leaves an image once everything is saved, unless work goes on there", async () => {
    const keepOffline = async (x: number) => {
      service.down = true;
      brush({ x, y: 30 });
      editor.openObject.keep();
      await vi.waitFor(() => expect(state().save.kind).toBe("offline"));
      expect(await editor.nextImage.visit("/images/2/")).toBe(false);
      expect(state().toast!.text).toContain("Saving. The next image opens");
      service.down = false;
    };
    await keepOffline(20);
    expect(go).not.toHaveBeenCalled();
    editor.retryNow();
    await vi.waitFor(() => expect(go.mock.calls).toEqual([["/images/2/", "push"]]));
    await keepOffline(30);
    brush({ x: 40, y: 30 });
    editor.retryNow();
    await saved();
    expect([go.mock.calls.length, state().open !== null]).toEqual([1, true]);
  });

  it("has larger brushes on larger images", () => {
    editor.tools.resize(100);
    expect(state().brush).toBe(512);
    const large = new Editor(bootOf({ width: 20_000, height: 9_000 }), around(service));
    large.tools.resize(100);
    expect(large.store.get().brush).toBe(3_200);
  });

  it("cuts from the kept object that the eraser begins on", () => {
    click(10, 10);
    editor.openObject.keep();
    const from = { x: 11, y: 10 };
    editor.prompts.paint("erase", stroke([from], 3, VIEW), false, { x: 50, y: 30 });
    expect(state().open).toBeNull();
    editor.prompts.paint("erase", stroke([from], 3, VIEW), false, from);
    expect(state().open!.source).toBe(state().kept[0]!.uid);
    editor.prompts.operate("fillHoles");
    editor.prompts.operate("grow");
    expect(
      state()
        .open!.steps.map(({ did }) => did)
        .slice(-2),
    ).toEqual(["fillHoles", "grow"]);
  });
});
