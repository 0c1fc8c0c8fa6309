/** Keys of classes that are pressed one after the other. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Editor } from "../editor";
import { plainKey } from "../panels/keys";
import { around, bootOf } from "../testing";

const KEYS = ["1", "2", "01", "0ca", "0ct", null];
let editor: Editor;

beforeEach(() => {
  vi.useFakeTimers();
  const boot = bootOf({ width: 40, height: 30 });
  const categories = KEYS.map((hotkey, index) => ({ ...boot.project.categories[0]!, number: index + 1, hotkey }));
  editor = new Editor({ ...boot, project: { ...boot.project, categories } }, around({ fetch }));
});

afterEach(() => {
  vi.useRealTimers();
});

const press = (keys: string) => Array.from(keys, (key) => editor.classes.press(key));
const state = () => [editor.store.get().activeCategory, editor.store.get().classKeys];

describe("the keys of classes", () => {
  it("chooses by one key, or by several one after the other", () => {
    expect([press("2"), state()]).toEqual([[true], [2, ""]]);
    expect([press("0"), state()]).toEqual([[true], [2, "0"]]);
    expect([press("1"), state()]).toEqual([[true], [3, ""]]);
    expect([press("0ct"), state()]).toEqual([
      [true, true, true],
      [5, ""],
    ]);
  });

  it("leaves a key alone that is no class's, also after one that began something", () => {
    editor.classes.choose(2);
    expect([press("5c"), state()]).toEqual([
      [false, false],
      [2, ""],
    ]);
    expect([press("00"), state()]).toEqual([
      [true, false],
      [2, ""],
    ]); // the second 0 zooms
    expect([press("0b"), state()]).toEqual([
      [true, false],
      [2, ""],
    ]);
  });

  it("forgets what was begun on Escape and after a while", () => {
    press("0c");
    expect([editor.classes.forgetKeys(), editor.classes.forgetKeys()]).toEqual([true, false]);
    press("0");
    vi.advanceTimersByTime(10_000);
    expect(editor.store.get().classKeys).toBe("");
  });

  it("takes no key from somebody who may not label, nor where no class has such keys", () => {
    editor.boot.user.can_label = false;
    expect(press("01")).toEqual([false, false]);
    const plain = new Editor(bootOf({ width: 40, height: 30 }), around({ fetch }));
    expect(plain.classes.press("0")).toBe(false);
  });
});

it("goes by digits and letters without modifiers", () => {
  const held = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
  const key = (name: string, code: string, more = {}) => plainKey({ key: name, code, ...held, ...more });
  expect([key("0", "Digit0"), key("à", "Digit0"), key("c", "KeyC"), key("С", "KeyC")]).toEqual(["0", "0", "c", "c"]);
  expect([key("C", "KeyC", { shiftKey: true }), key("0", "Digit0", { ctrlKey: true })]).toEqual([null, null]);
  expect(key("Enter", "Enter")).toBeNull();
});
