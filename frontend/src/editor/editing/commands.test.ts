/** Commands on kept objects, against a set behind `fetch` that holds the panoptic rule as the server does. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Editor } from "../editor";
import { patchOfView, viewCounts } from "../mask/rle";
import { intersect, patchOf, spansOf, SpanWriter, type Spans } from "../mask/spans";
import type { ObjectOperation } from "../model/changes";
import type { AnnotationData } from "../server/types";
import { around, bootOf } from "../testing";

const VIEW = { width: 40, height: 30 };

function rectangle(x: number, y: number, width: number, height: number): Spans {
  const writer = new SpanWriter();
  for (let column = x; column < x + width; column++) {
    writer.add(column * VIEW.height + y, column * VIEW.height + y + height);
  }
  return writer.spans();
}

/** An annotation set; in a panoptic project it refuses what overlaps. */
class Service {
  version = 0;
  kept: AnnotationData[] = [];
  batches: ObjectOperation[][] = [];

  constructor(public panoptic: boolean) {}

  readonly fetch: typeof fetch = (url, init) => {
    const body = init?.body ? (JSON.parse(String(init.body)) as Record<string, never>) : {};
    const method = init?.method ?? "GET";
    const id = Number(String(url).split("/").at(-1));
    if (method === "GET") return this.answer({ version: this.version, status: "new", annotations: this.kept });
    const uid = this.kept.find((one) => one.id === id)?.uid;
    const { version: _, ...content } = body;
    if (url === "/changes") return this.change(body["changes"]!);
    if (method === "DELETE") return this.change([{ kind: "delete", uid: uid! }]);
    return this.change([
      (method === "POST" ? { ...content, kind: "create" } : { ...content, kind: "change", uid }) as ObjectOperation,
    ]);
  };

  private change(changes: ObjectOperation[]): Promise<Response> {
    let after = [...this.kept];
    for (const one of changes) {
      const before = after.find(({ uid }) => uid === one.uid);
      after = after.filter((kept) => kept !== before);
      if (one.kind === "delete") continue;
      const { kind: _, ...content } = one;
      const z = content.z ?? before?.z ?? Math.max(-1, ...after.map((kept) => kept.z!)) + 1000;
      after.push({ attributes: {}, ...before, ...content, z, id: before?.id ?? this.version + 1 } as AnnotationData);
    }
    if (this.panoptic && shared(after) > 0) {
      return this.answer({ error: { code: "overlap", message: "shares pixels" } }, 422);
    }
    this.batches.push(changes);
    this.version += changes.length;
    this.kept = after.toSorted((one, other) => one.z! - other.z!);
    const touched = changes.flatMap(({ uid }) => this.kept.filter((kept) => kept.uid === uid));
    return this.answer({ version: this.version, annotation: touched[0], annotations: touched });
  }

  private answer(body: object, status = 200): Promise<Response> {
    return Promise.resolve(Response.json(body, { status }));
  }
}

function spansIn({ counts }: AnnotationData): Spans {
  return spansOf(patchOfView(counts, VIEW.width, VIEW.height), VIEW.height);
}

/** How many pairs of objects share pixels. */
function shared(kept: readonly AnnotationData[]): number {
  const masks = kept.map(spansIn);
  return masks.flatMap((one, index) => masks.slice(index + 1).filter((other) => intersect(one, other).length > 0))
    .length;
}

const BOOT = bootOf(VIEW);
const ATTRIBUTES = [{ number: 1, name: "note", kind: "text", choices: [] }] as const;

describe("commands on kept objects", () => {
  let service: Service;
  let editor: Editor;

  const open = async (panoptic = false, told = panoptic) => {
    service = new Service(panoptic);
    const project = { ...BOOT.project, attributes: ATTRIBUTES, panoptic: told };
    editor = new Editor({ ...BOOT, project }, around(service));
    await editor.begin();
  };
  const state = () => editor.store.get();
  const draw = (...box: Parameters<typeof rectangle>) =>
    editor.prompts.paint("add", rectangle(...box), true, { x: box[0], y: box[1] });
  const keep = (...box: Parameters<typeof rectangle>) => {
    draw(...box);
    editor.openObject.keep();
    return state().kept.at(-1)!.uid;
  };
  const saved = () =>
    vi.waitFor(() => expect([state().save.kind, editor.outbox.operations.length]).toEqual(["saved", 0]));
  const areas = () => state().kept.map(({ area }) => area);
  const choose = (...uids: string[]) => editor.selection.choose(uids);

  beforeEach(() => open());

  it("merge and split in one batch each, which undo takes back whole", async () => {
    const [one, other] = [keep(0, 0, 5, 5), keep(10, 0, 4, 4)];
    choose(one, other);
    editor.objects.merge();
    expect([areas(), state().selection]).toEqual([[41], [one]]);
    editor.objects.split();
    expect(areas()).toEqual([25, 16]);
    await saved();
    expect(service.batches.slice(2).map((batch) => batch.map(({ kind }) => kind))).toEqual([
      ["change", "delete"],
      ["change", "create"],
    ]);
    editor.openObject.undo();
    editor.openObject.undo();
    await saved();
    expect(service.kept.map(({ uid }) => uid)).toEqual([one, other]);
    editor.openObject.redo();
    expect(areas()).toEqual([41]);
  });

  it("are about what is selected as in the lists of desktop programs", () => {
    const uids = [0, 1, 2, 3, 4].map((index) => keep(index * 6, 0, 4, 4));
    const chosen = () => state().selection.map((uid) => uids.indexOf(uid));
    const { selection } = editor;
    selection.pick(uids[1]!);
    expect([chosen(), state().open]).toEqual([[1], null]);
    selection.extend(uids[3]!);
    expect(chosen()).toEqual([1, 2, 3]);
    selection.extend(uids[0]!); // from the same one, instead of the range before
    expect(chosen()).toEqual([1, 0]);
    selection.toggle(uids[3]!);
    expect(chosen()).toEqual([1, 0, 3]);
    selection.extend(uids[4]!, true);
    expect(chosen()).toEqual([1, 0, 3, 4]);
    selection.pick(uids[2]!);
    expect(chosen()).toEqual([2]);
    selection.all();
    expect(chosen()).toHaveLength(5);
  });

  it("keep the object in work before another is selected, and leave the open one open when it is selected itself", () => {
    const one = keep(0, 0, 5, 5);
    editor.openObject.refine(one);
    editor.selection.pick(one);
    expect(state().open!.source).toBe(one);
    editor.openObject.cancel();
    draw(10, 0, 4, 4);
    editor.selection.pick(one);
    expect([areas(), state().open, state().selection]).toEqual([[25, 16], null, [one]]);
  });

  it("order, class and attributes of several at once", async () => {
    const [low, middle, high] = [keep(0, 0, 5, 5), keep(10, 0, 4, 4), keep(20, 0, 3, 3)];
    choose(low, middle);
    editor.objects.order("top");
    editor.classes.choose(2);
    editor.objects.answer(1, "wet");
    await saved();
    expect(service.kept.map(({ uid, category, attributes }) => [uid, category, attributes])).toEqual([
      [high, 1, {}],
      [low, 2, { 1: "wet" }],
      [middle, 2, { 1: "wet" }],
    ]);
    editor.objects.answer(1, undefined);
    for (let step = 0; step < 4; step++) editor.openObject.undo();
    await saved();
    expect(service.kept.map(({ uid, category, attributes }) => [uid, category, attributes])).toEqual(
      [low, middle, high].map((uid) => [uid, 1, {}]),
    );
  });

  it("answer for the open object as a step of its own", async () => {
    draw(0, 0, 5, 5);
    editor.objects.answer(1, "wet");
    editor.objects.answer(1, "dry");
    editor.openObject.undo();
    editor.openObject.keep();
    await saved();
    expect(service.kept[0]!.attributes).toEqual({ 1: "wet" });
  });

  it("leave locked objects alone, and say so", async () => {
    const [one, other] = [keep(0, 0, 5, 5), keep(10, 0, 4, 4)];
    editor.marks.mark("locked", [one]);
    choose(one, other);
    editor.objects.merge();
    expect(areas()).toEqual([25, 16]);
    editor.objects.remove();
    expect(areas()).toEqual([25]);
    editor.openObject.refine(one);
    expect([state().open, state().toast?.text]).toEqual([null, "This object is locked. Press Shift L to unlock it."]);
    await saved();
  });

  it("take pixels from those below in a panoptic project, not from locked ones", async () => {
    await open(true);
    const one = keep(0, 0, 10, 10);
    keep(5, 0, 10, 10);
    expect(areas()).toEqual([50, 100]);
    editor.marks.mark("locked", [one]);
    draw(0, 0, 15, 10);
    expect(editor.panoptic.claimOf(state().open!)).toMatchObject({ denied: 50, taken: [{ pixels: 100 }] });
    editor.openObject.keep();
    expect(areas()).toEqual([50, 100]); // the one in the middle lay wholly under it
    await saved();
    expect(shared(service.kept)).toBe(0);
    editor.openObject.undo();
    editor.openObject.undo(); // it is open again: Esc and on
    editor.openObject.cancel();
    await saved();
    expect(areas()).toEqual([50, 100]);
    expect(shared(service.kept)).toBe(0);
  });

  it("keep an object open that would get no pixel", async () => {
    await open(true);
    keep(0, 0, 10, 10);
    editor.panoptic.toggleYields();
    draw(2, 2, 3, 3);
    editor.openObject.keep();
    expect([areas(), state().open?.mask.runs.length]).not.toEqual([[100], undefined]);
    expect(state().toast?.text).toContain("belong to other objects (class 1)");
    editor.panoptic.toggleYields();
    editor.openObject.keep();
    expect(areas()).toEqual([91, 9]);
    await saved();
  });

  it("do what the server refused again, by its rule", async () => {
    await open(true, false); // the page was loaded before the project was panoptic
    keep(0, 0, 10, 10);
    keep(5, 0, 10, 10);
    keep(30, 20, 2, 2);
    await vi.waitFor(() =>
      expect([state().save.kind, state().refused.map(({ code }) => code)]).toEqual(["refused", ["overlap"]]),
    );
    editor.panoptic.refit();
    await saved();
    expect(areas()).toEqual([50, 100, 4]);
    expect(service.kept.map(({ counts }) => counts)).toEqual(
      [rectangle(0, 0, 5, 10), rectangle(5, 0, 10, 10), rectangle(30, 20, 2, 2)].map((mask) =>
        viewCounts(patchOf(mask, VIEW.height), VIEW.width, VIEW.height),
      ),
    );
  });
});
