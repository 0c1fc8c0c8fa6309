import { describe, expect, it } from "vitest";
import { actionOf, SHORTCUTS, type KeyLike } from "./keys";

/** A key press: `ctrl+shift+z@KeyY` types z on the key that is Y on a US keyboard. */
function press(text: string): KeyLike {
  const [combination, code = ""] = text.split("@") as [string, string?];
  const parts = combination === "+" ? ["+"] : combination.split("+");
  const has = (name: string) => parts.slice(0, -1).includes(name);
  const key = parts.at(-1)!;
  return { key, code, ctrlKey: has("ctrl"), metaKey: has("meta"), shiftKey: has("shift"), altKey: has("alt") };
}

describe("shortcuts", () => {
  it.each([
    ["Enter", "keep"],
    ["Escape", "cancel"],
    ["ctrl+z@KeyZ", "undo"],
    ["meta+z@KeyZ", "undo"],
    ["ctrl+shift+Z@KeyZ", "redo"],
    ["ctrl+y@KeyY", "redo"],
    ["Delete", "delete"],
    ["d@KeyD", "next"],
    ["ArrowRight", "next"],
    ["a@KeyA", "previous"],
    ["f@KeyF", "fit"],
    ["h@KeyH", "hide"],
    ["shift+?@Slash", "help"],
    ["ctrl+Enter", "finish"],
    ["3@Digit3", "category3"],
    ["3@Numpad3", "category3"],
  ])("%s is %s", (keys, action) => expect(actionOf(press(keys))).toBe(action));

  it("follow what a Latin key types, wherever it is", () => {
    expect(actionOf(press("a@KeyQ"))).toBe("previous"); // AZERTY
    expect(actionOf(press("q@KeyA"))).toBeNull();
    expect(actionOf(press("ctrl+z@KeyY"))).toBe("undo"); // QWERTZ
  });

  it("follow the place where the layout has no Latin letters", () => {
    expect(actionOf(press("в@KeyD"))).toBe("next");
    expect(actionOf(press("ctrl+я@KeyZ"))).toBe("undo");
  });

  it("take digits by place: AZERTY types them with Shift only", () => {
    expect(actionOf(press("é@Digit2"))).toBe("category2");
  });

  it.each(["ctrl+d@KeyD", "ctrl+f@KeyF", "alt+ArrowLeft", "ctrl+1@Digit1", "ctrl+a@KeyA", "shift+D@KeyD"])(
    "leave %s to the browser",
    (keys) => expect(actionOf(press(keys))).toBeNull(),
  );

  it("do not clash", () => {
    const presses = [
      "Enter",
      "ctrl+Enter",
      "Escape",
      "d@KeyD",
      "a@KeyA",
      "f@KeyF",
      "h@KeyH",
      "?",
      "0@Digit0",
      "+",
      "-",
    ];
    for (const keys of presses) {
      expect(SHORTCUTS.filter(({ matches }) => matches(press(keys))).length, keys).toBe(1);
    }
  });
});
