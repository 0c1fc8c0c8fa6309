import { describe, expect, it, vi } from "vitest";
import type { Editor } from "../editor";
import { GROUPS, perform, SHORTCUTS, type Action, type KeyContext } from "./shortcuts";

/** Names under which the server has keys that people chose. One that is missing makes such a key do nothing. */
const STORED: readonly Action[] = [
  ...(["keep", "cancel", "undo", "redo", "delete"] as const),
  ...(["click", "box", "brush", "eraser", "polygon", "lasso", "cutting", "peek", "smaller", "larger"] as const),
  ...(["fillHoles", "largest", "grow", "shrink", "smooth"] as const),
  ...(["selectAll", "merge", "split", "duplicate", "raise", "lower", "toTop", "toBottom"] as const),
  ...(["hideOne", "lock", "isolate", "attributes", "yields"] as const),
  ...(["suggest", "nextSuggestion", "previousSuggestion", "correct", "keepAll", "lessSure", "surer"] as const),
  ...(["text", "everything", "instances", "panoptic"] as const),
  ...(["fit", "actualSize", "zoomIn", "zoomOut", "hide", "zoomObject", "fainter", "stronger", "outlines"] as const),
  ...(["blink", "overlaps", "minimap", "look", "channel", "plainPicture", "help"] as const),
  ...(["finish", "next", "previous", "skip", "strip", "note", "resume", "saved", "takeOver"] as const),
  ...(["sendBack", "reviewCorrect", "pin", "nextThread", "compare", "nextTodo", "jump", "byObject"] as const),
];

/** An editor that notes which of its methods was called, with what. */
function recorder(): { editor: Editor; calls: string[] } {
  const calls: string[] = [];
  const part = (path: string): object =>
    new Proxy(vi.fn(), {
      get: (_, name) => part(path ? `${path}.${String(name)}` : String(name)),
      apply: (_, __, given: unknown[]) => {
        calls.push(`${path}(${given.join()})`);
        return false;
      },
    });
  return { editor: part("") as Editor, calls };
}

describe("the table of shortcuts", () => {
  it("has every name once, and those that are stored", () => {
    const names = SHORTCUTS.map(({ action }) => action);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining([...STORED]));
  });

  it("gives no key to two of them", () => {
    const combos = SHORTCUTS.flatMap(({ keys }) => keys);
    expect(new Set(combos).size).toBe(combos.length);
  });

  it("is in the help sheet's order", () => {
    expect(GROUPS).toEqual(["Object", "Tools", "Mask", "Objects", "Suggestions", "View", "Image"]);
  });

  it.each([
    ["merge", "objects.merge()"],
    ["toTop", "objects.order(top)"],
    ["lasso", "tools.pick(lasso)"],
    ["shrink", "prompts.operate(shrink)"],
    ["previousSuggestion", "suggestions.step(-1)"],
    ["instances", "suggestions.requests.ask(instances)"],
    ["outlines", "display.toggle(outlines)"],
    ["strip", "filmstrip.toggle()"],
    ["category4", "classes.chooseByHotkey(4)"],
  ] as const)("%s calls %s", (action, call) => {
    const { editor, calls } = recorder();
    perform({ editor, view: null }, action);
    expect(calls).toEqual([call]);
  });

  it("asks suggestions first for the keys that they share", () => {
    const { editor, calls } = recorder();
    for (const action of ["keep", "delete", "cancel"] as const) perform({ editor, view: null }, action);
    expect(calls).toEqual([
      ...[
        "suggestions.keepPointed()",
        "openObject.enter()",
        "suggestions.rejectPointed()",
        "openObject.removeSelected()",
      ],
      ...["suggestions.search.forget()", "openObject.cancel()"],
    ]);
  });

  it("moves the view", () => {
    const view = { zoom: vi.fn(), fit: vi.fn() };
    const { editor } = recorder();
    const context = { editor, view } as unknown as KeyContext;
    for (const action of ["zoomIn", "zoomOut", "fit"] as const) perform(context, action);
    expect(view.zoom.mock.calls).toEqual([[1.25], [0.8]]);
    expect(view.fit).toHaveBeenCalledOnce();
  });

  it("has what goes on while a key is held", () => {
    const held = SHORTCUTS.filter(({ repeats }) => repeats).map(({ action }) => action);
    expect(held.toSorted()).toEqual(
      [
        ...["fainter", "grow", "larger", "lessSure", "lower", "nextSuggestion", "previousSuggestion", "raise"],
        ...["redo", "shrink", "smaller", "stronger", "surer", "undo", "zoomIn", "zoomOut"],
      ].toSorted(),
    );
  });
});
