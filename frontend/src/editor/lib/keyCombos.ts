/** Keys pressed together, as words: `Ctrl Shift Z`, `[`, `ArrowRight`. Pure.
 *
 * The last word is the key: a letter or digit by what is printed on it, another character by what it types, or a name as
 * browsers have it. Letters follow what a Latin layout types and elsewhere the key's place (Cyrillic, Greek); digits
 * and brackets follow the place as well, for layouts that type them with Shift or not at all.
 */

export interface KeyLike {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const MODIFIERS = ["Ctrl", "Alt", "Shift"] as const;
const ALONE = new Set(["Control", "Alt", "AltGraph", "Shift", "Meta", "CapsLock", "Dead", "Process", "Unidentified"]);
const BRACKETS: Readonly<Record<string, string>> = { BracketLeft: "[", BracketRight: "]" };
/** What the keys in the brackets' places type in some layouts, and shortcuts want. */
const WANTED_THERE = /^[+=\-_?[\]{}]$/;

interface Combo {
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly key: string;
}

function parsed(combo: string): Combo {
  const words = combo.split(" ");
  const has = (name: string) => words.slice(0, -1).includes(name);
  return { ctrl: has("Ctrl"), alt: has("Alt"), shift: has("Shift"), key: words.at(-1)! };
}

/** The key of a press without modifiers; whether Shift is a part of it, or only needed to type it. */
function keyOfPress({ key, code, shiftKey }: KeyLike): { key: string; shift: boolean } | null {
  if (ALONE.has(key)) return null;
  const typed = key.toLowerCase();
  if (/^[a-z]$/.test(typed)) return { key: typed.toUpperCase(), shift: shiftKey };
  const place = /^Key([A-Z])$/.exec(code)?.[1];
  if (place && /^\P{ASCII}/u.test(key)) return { key: place, shift: shiftKey };
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit && (!shiftKey || key === digit)) return { key: digit, shift: false };
  const bracket = BRACKETS[code];
  if (bracket && (key === bracket || !WANTED_THERE.test(key) || (shiftKey && /^[{}]$/.test(key)))) {
    return { key: bracket, shift: shiftKey && key !== bracket };
  }
  if (key === "{" || key === "}") return { key: key === "{" ? "[" : "]", shift: true };
  if (key === " ") return { key: "Space", shift: shiftKey };
  return { key, shift: key.length > 1 && shiftKey };
}

/** The press as a combination; null for a modifier alone. */
export function comboOf(event: KeyLike): string | null {
  const pressed = keyOfPress(event);
  if (!pressed) return null;
  const held = { Ctrl: event.ctrlKey || event.metaKey, Alt: event.altKey, Shift: pressed.shift };
  return [...MODIFIERS.filter((name) => held[name]), pressed.key].join(" ");
}

/** Whether the press is this combination. `loosely`: Shift does not matter with a named key (`Shift Escape`). */
export function isCombo(event: KeyLike, combo: string, loosely = false): boolean {
  const pressed = keyOfPress(event);
  const { ctrl, alt, shift, key } = parsed(combo);
  if (!pressed || pressed.key !== key) return false;
  if ((event.ctrlKey || event.metaKey) !== ctrl || event.altKey !== alt) return false;
  return pressed.shift === shift || (loosely && key.length > 1 && !shift);
}

const SAID: Readonly<Record<string, string>> = {
  Escape: "Esc",
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowUp: "↑",
  ArrowDown: "↓",
  "-": "−",
};

/** As people read it: `Ctrl Shift Z`, `Esc`, `→`. */
export function said(combo: string): string {
  const words = combo.split(" ");
  return [...words.slice(0, -1), SAID[words.at(-1)!] ?? words.at(-1)!].join(" ");
}

/** What the browser does not give away, or people need for other things. */
const RESERVED = new Set(
  [
    "Tab,Space,ContextMenu,F5,F11,F12,Ctrl R,Ctrl T,Ctrl N,Ctrl W,Ctrl Q,Ctrl L,Ctrl Tab,Alt F4,Alt ArrowLeft",
    "Alt ArrowRight,Ctrl C,Ctrl V,Ctrl X,Ctrl P,Ctrl Shift R,Ctrl Shift T,Ctrl Shift N,Ctrl Shift W,Ctrl Shift I",
  ]
    .join()
    .split(","),
);

export function isReserved(combo: string): boolean {
  return RESERVED.has(combo) || /(?:^| )F\d+$/.test(combo) || /^(?:Ctrl )?[1-9]$/.test(combo);
}
