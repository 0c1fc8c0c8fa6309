import { afterEach, describe, expect, it } from "vitest";
import { useKeys } from "../editing/ownKeys";
import { comboOf, isCombo, isReserved, said, type KeyLike } from "../lib/keyCombos";
import { actionOf, heldOf, keyOf, keysOf, takenBy, withKeys } from "./keys";
import { SHORTCUTS, type Action } from "./shortcuts";

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
    ["b@KeyB", "brush"],
    ["g@KeyG", "grow"],
    ["shift+G@KeyG", "shrink"],
    ["[@BracketLeft", "smaller"],
    ["]@BracketRight", "larger"],
    ["v@KeyV", "suggest"],
    ["shift+V@KeyV", "everything"],
    ["shift+Enter", "correct"],
    ["shift+A@KeyA", "keepAll"],
    [",@Comma", "lessSure"],
    ["3@Digit3", "category3"],
    ["3@Numpad3", "category3"],
  ])("%s is %s", (keys, action) => expect(actionOf(press(keys))).toBe(action));

  it("follow what a Latin key types, wherever it is", () => {
    expect(actionOf(press("a@KeyQ"))).toBe("previous"); // AZERTY
    expect(actionOf(press("q@KeyA"))).toBeNull(); // held, not pressed
    expect(actionOf(press("ctrl+z@KeyY"))).toBe("undo"); // QWERTZ
  });

  it("follow the place where the layout has no Latin letters", () => {
    expect(actionOf(press("в@KeyD"))).toBe("next");
    expect(actionOf(press("ctrl+я@KeyZ"))).toBe("undo");
  });

  it("take brackets by place where the layout has none, unless the key types what another shortcut wants", () => {
    expect(actionOf(press("ü@BracketLeft"))).toBe("smaller"); // German
    expect(actionOf(press("+@BracketRight"))).toBe("zoomIn");
    expect(actionOf(press("х@BracketLeft"))).toBe("smaller"); // Russian
  });

  it("have a key for holding down that is nothing else", () => {
    expect(heldOf(press("q@KeyQ"))?.action).toBe("peek");
    expect(actionOf(press("q@KeyQ"))).toBeNull();
  });

  it("take digits by place: AZERTY types them with Shift only", () => {
    expect(actionOf(press("é@Digit2"))).toBe("category2");
  });

  it.each(["ctrl+d@KeyD", "ctrl+f@KeyF", "alt+ArrowLeft", "ctrl+1@Digit1"])("leave %s to the browser", (keys) =>
    expect(actionOf(press(keys))).toBeNull(),
  );

  it("do not clash", () => {
    const letters = Array.from("abcdefghijklmnopqrstuvwxyz").flatMap((one) => {
      const large = one.toUpperCase();
      return [`${one}@Key${large}`, `shift+${large}@Key${large}`, `ctrl+${one}@Key${large}`];
    });
    const others = [
      "Enter",
      "ctrl+Enter",
      "Escape",
      "Delete",
      "?",
      "0@Digit0",
      "+",
      "-",
      "[@BracketLeft",
      ...["shift+Enter", ",@Comma", ".@Period"],
      "shift+{@BracketLeft",
      "PageUp",
      "shift+PageUp",
    ];
    const presses = [...letters.filter((keys) => actionOf(press(keys))), ...others];
    expect(presses.length).toBeGreaterThan(50);
    for (const keys of presses) {
      const found = SHORTCUTS.filter((one) => one.keys.some((combo) => isCombo(press(keys), combo)));
      expect(found.length, keys).toBe(1);
    }
  });
});

describe("a person's own keys", () => {
  afterEach(() => useKeys({}));

  it("are found as the shipped ones are, on any layout", () => {
    useKeys({ brush: ["Shift K"], hide: ["ArrowUp", "ö"] });
    expect(actionOf(press("shift+K@KeyK"))).toBe("brush");
    expect(actionOf(press("shift+Л@KeyK"))).toBe("brush");
    expect(actionOf(press("b@KeyB"))).toBeNull();
    expect([actionOf(press("ArrowUp")), actionOf(press("ö@Semicolon"))]).toEqual(["hide", "hide"]);
    expect(keyOf("hide")).toBe("↑ or ö");
  });

  it("take a key from who had it, and forget what is as shipped", () => {
    expect(takenBy("B", "hide")?.action).toBe("brush");
    expect(takenBy("B", "brush")).toBeNull();
    const own = withKeys("hide", ["B"], {});
    expect(own).toEqual({ hide: ["B"], brush: [] });
    expect(withKeys("redo", ["Ctrl Y"], {})).toEqual({ redo: ["Ctrl Y"] });
    expect(withKeys("brush", ["B"], withKeys("hide", ["H"], own))).toEqual({});
    expect(keysOf("nothing" as Action)).toEqual([]);
  });

  it.each([
    ["b@KeyB", "B"],
    ["ctrl+shift+Z@KeyZ", "Ctrl Shift Z"],
    ["shift+?@Slash", "?"],
    ["é@Digit2", "2"],
    ["shift+0@Digit0", "0"],
    ["ф@KeyA", "A"],
    ["х@BracketLeft", "["],
    ["shift+{@BracketLeft", "Shift ["],
    [" @Space", "Space"],
    ["alt+ArrowUp", "Alt ArrowUp"],
    ["shift+Shift@ShiftLeft", null],
  ])("%s is told as %s", (keys, combo) => {
    expect(comboOf(press(keys))).toBe(combo);
    if (combo) expect(isCombo(press(keys), combo)).toBe(true);
  });

  it("are not those that the browser keeps", () => {
    expect(["Ctrl W", "F5", "Tab", "3", "Space"].filter((combo) => !isReserved(combo))).toEqual([]);
    expect(SHORTCUTS.flatMap(({ keys }) => keys).filter(isReserved)).toEqual([]);
    expect(said("Ctrl ArrowLeft")).toBe("Ctrl ←");
  });

  it("are in the shipped table the way they are told", () => {
    for (const combo of SHORTCUTS.flatMap(({ keys }) => keys)) {
      const words = combo.split(" ");
      const [key, shift] = [words.at(-1)!, words.includes("Shift")];
      const event = {
        key:
          /^[A-Z]$/.test(key) && !shift
            ? key.toLowerCase()
            : shift && key === "["
              ? "{"
              : shift && key === "]"
                ? "}"
                : key,
        code: /^[A-Z]$/.test(key) ? `Key${key}` : /^\d$/.test(key) ? `Digit${key}` : "",
        ctrlKey: words.includes("Ctrl"),
        metaKey: false,
        altKey: words.includes("Alt"),
        shiftKey: shift,
      };
      expect(comboOf(event)).toBe(combo);
    }
  });
});
