/** Every keyboard shortcut, in one table; the help sheet is made of the same. */

export type Action =
  | "keep"
  | "cancel"
  | "undo"
  | "redo"
  | "delete"
  | "next"
  | "previous"
  | "finish"
  | "fit"
  | "actualSize"
  | "zoomIn"
  | "zoomOut"
  | "hide"
  | "help"
  | `category${number}`;

export interface KeyLike {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export interface Shortcut {
  readonly action: Action;
  /** The same as people read it; several are separated by “or”. */
  readonly shown: string;
  readonly what: string;
  readonly group: "Object" | "Image" | "View";
  readonly matches: (event: KeyLike) => boolean;
}

type Test = (event: KeyLike) => boolean;

const ctrl = (event: KeyLike) => event.ctrlKey || event.metaKey;
const bare: Test = (event) => !ctrl(event) && !event.altKey;

/** A key by its name (`Enter`, `ArrowLeft`) or the character it types, whatever keys make that character. */
const named =
  (...names: string[]): Test =>
  (event) =>
    bare(event) && names.includes(event.key);

/** A letter: what the key types, on Latin layouts of any order; where it types something else, the key's place. */
const letter = (wanted: string) => (event: KeyLike) => {
  const typed = event.key.toLowerCase();
  return /^[a-z]$/.test(typed) ? typed === wanted : event.code === `Key${wanted.toUpperCase()}`;
};
const plain =
  (wanted: string): Test =>
  (event) =>
    bare(event) && !event.shiftKey && letter(wanted)(event);
const withCtrl =
  (wanted: string, shift: boolean): Test =>
  (event) =>
    ctrl(event) && !event.altKey && event.shiftKey === shift && letter(wanted)(event);
const any =
  (...tests: Test[]): Test =>
  (event) =>
    tests.some((test) => test(event));

/** Digits by place: on some layouts the row types them only with Shift. */
export function digit(event: KeyLike): number | null {
  if (!bare(event) || event.shiftKey) return null;
  const found = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  return found ? Number(found[1]) : null;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { action: "keep", shown: "Enter", what: "Keep the object", group: "Object", matches: named("Enter") },
  { action: "cancel", shown: "Esc", what: "Cancel the object", group: "Object", matches: named("Escape") },
  { action: "undo", shown: "Ctrl Z", what: "Take back the last click", group: "Object", matches: withCtrl("z", false) },
  {
    action: "redo",
    shown: "Ctrl Shift Z or Ctrl Y",
    what: "Redo the click",
    group: "Object",
    matches: any(withCtrl("z", true), withCtrl("y", false)),
  },
  {
    action: "delete",
    shown: "Delete",
    what: "Delete the selected object",
    group: "Object",
    matches: named("Delete", "Backspace"),
  },
  {
    action: "finish",
    shown: "Ctrl Enter",
    what: "Finish the image and go on",
    group: "Image",
    matches: (event) => ctrl(event) && event.key === "Enter",
  },
  {
    action: "next",
    shown: "D or →",
    what: "Next image",
    group: "Image",
    matches: any(plain("d"), named("ArrowRight")),
  },
  {
    action: "previous",
    shown: "A or ←",
    what: "Previous image",
    group: "Image",
    matches: any(plain("a"), named("ArrowLeft")),
  },
  { action: "fit", shown: "F", what: "Show the whole image", group: "View", matches: plain("f") },
  { action: "actualSize", shown: "0", what: "100 %", group: "View", matches: named("0") },
  { action: "zoomIn", shown: "+", what: "Zoom in", group: "View", matches: named("+", "=") },
  { action: "zoomOut", shown: "−", what: "Zoom out", group: "View", matches: named("-", "_") },
  { action: "hide", shown: "H", what: "Hide or show the masks", group: "View", matches: plain("h") },
  { action: "help", shown: "?", what: "This sheet", group: "View", matches: named("?") },
];

/** What is done with the mouse, for the same sheet. */
export const GESTURES: readonly { shown: string; what: string }[] = [
  { shown: "Left click", what: "This belongs to the object" },
  { shown: "Right click, Shift or Alt + click", what: "This does not" },
  { shown: "Double click an object", what: "Refine it" },
  { shown: "Wheel, or pinch", what: "Zoom at the pointer" },
  { shown: "Space + drag, middle button, two fingers", what: "Move the image" },
];

/** The action of a key press; null for none. */
export function actionOf(event: KeyLike): Action | null {
  const number = digit(event);
  if (number !== null) return `category${number}`;
  return SHORTCUTS.find((shortcut) => shortcut.matches(event))?.action ?? null;
}

const TYPING = new Set(["text", "search", "number", "email", "url", "password", "tel"]);

/** Whether a key press there is meant for the element: typing in a field, pressing a focused button. */
export function belongsTo(element: Element | null, key: string): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) {
    return true;
  }
  if (element instanceof HTMLInputElement) return TYPING.has(element.type);
  return (key === "Enter" || key === " ") && element.matches("button, a[href], summary");
}
