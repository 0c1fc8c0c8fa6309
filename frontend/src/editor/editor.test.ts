/** The editor without a window: clicks, strokes, keeping and undo against a decoder and a set that live in this file. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AnnotationData } from "./api";
import type { Answer, ClickConnection, Listener, Tracked } from "./connection";
import { Editor } from "./editor";
import { stroke } from "./mask/shapes";
import { patchOf } from "./mask/spans";
import { MemoryRecords } from "./records";
import { around, bootOf } from "./testing";
import type { Point } from "./viewport";
import { clicksOf, isSettled } from "./work";

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
      const answer: Answer = { object, patch, clicks: clicks.length, final: true, tiles: [], milliseconds: 1 };
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
  let records: MemoryRecords;
  let decoder: Decoder;
  let editor: Editor;
  const go = vi.fn();

  const open = async () => {
    decoder = new Decoder();
    const connect = (listener: Listener) => {
      decoder.listener = listener;
      return decoder as unknown as ClickConnection;
    };
    editor = new Editor(BOOT, around(service, { records, connect, go }));
    await editor.begin();
  };
  const state = () => editor.store.get();
  const click = (x: number, y: number, positive = true) => {
    editor.click({ x, y }, positive);
    decoder.answer();
  };
  const brush = (...points: Point[]) => editor.paint("brush", stroke(points, 3, VIEW), true, points[0]!);
  const saved = () =>
    vi.waitFor(() => expect([state().save.kind, editor.outbox.operations.length]).toEqual(["saved", 0]));
  const shown = () => state().kept.map(({ category, area }) => [category, area]);

  beforeEach(async () => {
    go.mockClear();
    service = new Service();
    records = new MemoryRecords();
    await open();
  });

  it("keeps an object, takes that back and keeps it again", async () => {
    click(10, 10);
    brush({ x: 30, y: 30 });
    const { mask } = state().open!;
    editor.keep();
    await saved();
    expect([shown().length, state().open]).toEqual([1, null]);
    editor.undo();
    expect(shown()).toEqual([]);
    expect(state().open!.mask).toEqual(mask);
    editor.undo();
    editor.undo();
    editor.undo(); // there is nothing more in the object, and it stays open
    expect([clicksOf(state().open!), shown()]).toEqual([[], []]);
    editor.redo();
    editor.redo();
    editor.redo(); // all of its steps, then keeping it
    await saved();
    expect([shown().length, state().open, service.annotations.length]).toEqual([1, null, 1]);
    expect(service.annotations[0]!.clicks).toEqual([[10, 10, true]]);
  });

  it("never undoes another object while one is open", async () => {
    click(10, 10);
    editor.keep();
    click(30, 30);
    for (let count = 0; count < 9; count++) editor.undo();
    expect([shown().length, state().open !== null]).toEqual([1, true]);
    editor.cancel();
    editor.undo();
    expect(shown()).toEqual([]);
    await saved();
    expect(service.annotations).toEqual([]);
  });

  it("does not redo what something new was done after", async () => {
    click(10, 10);
    editor.keep();
    editor.undo();
    click(20, 20);
    editor.undo();
    editor.redo();
    editor.redo();
    expect([shown(), clicksOf(state().open!).length]).toEqual([[], 2]);
    await saved();
  });

  it("brings deleted and cancelled objects back, also after a reload", async () => {
    click(10, 10);
    editor.keep();
    brush({ x: 40, y: 5 }, { x: 50, y: 5 });
    editor.cancel();
    editor.remove(state().kept[0]!.uid);
    await saved();
    await open();
    expect([shown(), state().open]).toEqual([[], null]);
    editor.undo();
    expect(shown()).toHaveLength(1);
    editor.undo();
    expect(state().open!.mask.box).toEqual([39, 4, 13, 3]);
    editor.redo();
    expect(state().open).toBeNull();
    await saved();
    expect(service.annotations).toHaveLength(1);
  });

  it("restores what was open, with its steps and masks", async () => {
    click(10, 10);
    click(20, 10);
    const { mask } = state().open!;
    editor.undo();
    await open();
    expect([clicksOf(state().open!).length, isSettled(state().open!)]).toEqual([1, true]);
    editor.redo();
    expect(state().open!.mask).toEqual(mask);
    expect(decoder.wanted.get(state().open!.uid)!.clicks).toHaveLength(2);
  });

  it("undoes changes of a kept object, unless someone else changed it since", async () => {
    click(10, 10);
    editor.keep();
    await saved();
    const [before] = shown();
    editor.refine(state().kept[0]!.uid);
    decoder.answer();
    click(20, 20);
    editor.choose(2);
    editor.keep();
    await saved();
    expect(shown()[0]).not.toEqual(before);
    editor.undo();
    expect(shown()).toEqual([before]);
    editor.redo();
    await saved();
    service.annotations = service.annotations.map((one) => ({ ...one, category: 1 }));
    await editor.outbox.refresh(++service.version);
    editor.undo();
    await saved();
    expect(shown()[0]![0]).toBe(1);
    expect(state().toast!.text).toContain("changed since");
  });

  it("keeps an object early and saves it when its mask is there", async () => {
    editor.click({ x: 10, y: 10 }, true);
    editor.keep();
    expect([state().open, state().finishing.length, shown()]).toEqual([null, 1, []]);
    editor.undo(); // it is not kept yet: open again
    expect([state().finishing.length, state().open !== null]).toEqual([0, true]);
    editor.keep();
    decoder.answer();
    await saved();
    expect([shown().length, state().finishing.length]).toEqual([1, 0]);
  });

  it("leaves an image once everything is saved, unless work goes on there", async () => {
    const keepOffline = async (x: number) => {
      service.down = true;
      brush({ x, y: 30 });
      editor.keep();
      await vi.waitFor(() => expect(state().save.kind).toBe("offline"));
      expect(await editor.journey.visit("/images/2/")).toBe(false);
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
    editor.keep();
    const from = { x: 11, y: 10 };
    editor.paint("erase", stroke([from], 3, VIEW), false, { x: 50, y: 30 });
    expect(state().open).toBeNull();
    editor.paint("erase", stroke([from], 3, VIEW), false, from);
    expect(state().open!.source).toBe(state().kept[0]!.uid);
    editor.operate("fillHoles");
    editor.operate("grow");
    expect(
      state()
        .open!.steps.map(({ did }) => did)
        .slice(-2),
    ).toEqual(["fillHoles", "grow"]);
  });
});
