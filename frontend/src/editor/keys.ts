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
  | "skip"
  | "strip"
  | "note"
  | "takeOver"
  | "fit"
  | "actualSize"
  | "zoomIn"
  | "zoomOut"
  | "hide"
  | "help"
  | "click"
  | "box"
  | "brush"
  | "eraser"
  | "polygon"
  | "lasso"
  | "cutting"
  | "smaller"
  | "larger"
  | "fillHoles"
  | "largest"
  | "grow"
  | "shrink"
  | "smooth"
  | "suggest"
  | "everything"
  | "instances"
  | "panoptic"
  | "nextSuggestion"
  | "previousSuggestion"
  | "correct"
  | "keepAll"
  | "lessSure"
  | "surer"
  | "text"
  | "selectAll"
  | "merge"
  | "split"
  | "duplicate"
  | "raise"
  | "lower"
  | "toTop"
  | "toBottom"
  | "hideOne"
  | "lock"
  | "isolate"
  | "yields"
  | "attributes"
  | "zoomObject"
  | "look"
  | "plainPicture"
  | "channel"
  | "fainter"
  | "stronger"
  | "outlines"
  | "blink"
  | "overlaps"
  | "minimap"
  | `category${number}`;

export interface KeyLike {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export const GROUPS = ["Object", "Tools", "Mask", "Objects", "Suggestions", "View", "Image"] as const;
export type Group = (typeof GROUPS)[number];

export interface Shortcut {
  readonly action: Action;
  /** The same as people read it; several are separated by “or”. */
  readonly shown: string;
  readonly what: string;
  readonly group: Group;
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
const withShift =
  (wanted: string): Test =>
  (event) =>
    bare(event) && event.shiftKey && letter(wanted)(event);
/** A bracket, or where the layout has none the key in its place; unless that types what another shortcut wants. */
const bracket =
  (typed: string, code: string): Test =>
  (event) =>
    bare(event) &&
    (event.key === typed || (event.code === code && !event.shiftKey && !/^[+=\-_?[\]]$/.test(event.key)));
const unshifted =
  (name: string): Test =>
  (event) =>
    named(name)(event) && !event.shiftKey;
const shifted =
  (name: string): Test =>
  (event) =>
    named(name)(event) && event.shiftKey;
const shiftedBracket =
  (typed: string, code: string): Test =>
  (event) =>
    bare(event) && event.shiftKey && (event.key === typed || (event.code === code && !/^[+=\-_?]$/.test(event.key)));
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

type Row = readonly [action: Action, shown: string, what: string, matches: Test];

const OBJECT: readonly Row[] = [
  ["keep", "Enter", "Keep the object, close the polygon", (event) => named("Enter")(event) && !event.shiftKey],
  ["cancel", "Esc", "Cancel the object", named("Escape")],
  ["undo", "Ctrl Z", "Undo", withCtrl("z", false)],
  ["redo", "Ctrl Shift Z or Ctrl Y", "Redo", any(withCtrl("z", true), withCtrl("y", false))],
  ["delete", "Delete", "Delete the click under the pointer, or the object", named("Delete", "Backspace")],
];

const TOOLS: readonly Row[] = [
  ["click", "C", "Click what belongs to the object", plain("c")],
  ["box", "R", "Drag a box around the object", plain("r")],
  ["brush", "B", "Brush", plain("b")],
  ["eraser", "E", "Eraser", plain("e")],
  ["polygon", "P", "Polygon", plain("p")],
  ["lasso", "L", "Lasso", plain("l")],
  ["cutting", "X", "Polygon and lasso: add or cut", plain("x")],
  ["smaller", "[", "Smaller brush", bracket("[", "BracketLeft")],
  ["larger", "]", "Larger brush", bracket("]", "BracketRight")],
];

const MASK: readonly Row[] = [
  ["fillHoles", "O", "Fill holes", plain("o")],
  ["largest", "K", "Keep the largest part only", plain("k")],
  ["grow", "G", "Grow by a pixel", plain("g")],
  ["shrink", "Shift G", "Shrink by a pixel", withShift("g")],
  ["smooth", "S", "Smooth the outline", plain("s")],
];

/** Enter, Delete, Esc and the classes' keys are about the suggestion that is pointed at while no object is open. */
const SUGGESTIONS: readonly Row[] = [
  ["suggest", "V", "Show suggestions, or find everything", plain("v")],
  ["nextSuggestion", "N", "Next one; Enter or 1 – 9 keeps it", plain("n")],
  ["previousSuggestion", "Shift N", "The one before", withShift("n")],
  ["correct", "Shift Enter", "Correct it by clicks", (event) => named("Enter")(event) && event.shiftKey],
  ["keepAll", "Shift A", "Keep all that are shown", withShift("a")],
  ["lessSure", ",", "Show less confident ones, too", named(",")],
  ["surer", ".", "Show surer ones only", named(".")],
  ["text", "T", "Find an object by text", plain("t")],
  ["everything", "Shift V", "Find everything again", withShift("v")],
  ["instances", "I", "Suggest objects and classes", plain("i")],
  ["panoptic", "Shift I", "Suggest objects and regions", withShift("i")],
];

/** About the objects that are chosen in the list, or the open one, or the one that is pointed at. */
const OBJECTS: readonly Row[] = [
  ["selectAll", "Ctrl A", "Choose all", withCtrl("a", false)],
  ["merge", "M", "Merge the chosen ones", plain("m")],
  ["split", "Shift M", "Make each part an object", withShift("m")],
  ["duplicate", "Shift D", "Duplicate", withShift("d")],
  ["raise", "PageUp", "Up in the drawing order", unshifted("PageUp")],
  ["lower", "PageDown", "Down in the drawing order", unshifted("PageDown")],
  ["toTop", "Shift PageUp", "Over all others", shifted("PageUp")],
  ["toBottom", "Shift PageDown", "Under all others", shifted("PageDown")],
  ["hideOne", "Shift H", "Hide or show it", withShift("h")],
  ["lock", "Shift L", "Lock or unlock it", withShift("l")],
  ["isolate", "Shift O", "Show only it; again: all", withShift("o")],
  ["attributes", "Shift T", "Fill in the attributes", withShift("t")],
  ["yields", "Y", "Panoptic: take from those below, or free pixels only", plain("y")],
];

const VIEW: readonly Row[] = [
  ["fit", "F", "Show the whole image", plain("f")],
  ["actualSize", "0", "100 %", named("0")],
  ["zoomIn", "+", "Zoom in", named("+", "=")],
  ["zoomOut", "−", "Zoom out", named("-", "_")],
  ["hide", "H", "Hide or show the masks", plain("h")],
  ["zoomObject", "Z", "Show the object large", plain("z")],
  ["fainter", "Shift [", "Fainter masks", shiftedBracket("{", "BracketLeft")],
  ["stronger", "Shift ]", "Stronger masks", shiftedBracket("}", "BracketRight")],
  ["outlines", "U", "Outlines only", plain("u")],
  ["blink", "Shift U", "Let the masks blink", withShift("u")],
  ["overlaps", "Shift Y", "Hatch overlaps", withShift("y")],
  ["minimap", "Shift Z", "Overview map", withShift("z")],
  ["look", "W", "Brightness, contrast, channels, masks", plain("w")],
  ["channel", "Shift C", "Next colour channel", withShift("c")],
  ["plainPicture", "Shift W", "The picture as it is", withShift("w")],
  ["help", "?", "This sheet", named("?")],
];

const IMAGE: readonly Row[] = [
  ["finish", "Ctrl Enter", "Finish the image and go on", (event) => ctrl(event) && event.key === "Enter"],
  ["next", "D or →", "Next image", any(plain("d"), named("ArrowRight"))],
  ["previous", "A or ←", "Previous image", any(plain("a"), named("ArrowLeft"))],
  ["skip", "Shift S", "Skip the image, for a reason", withShift("s")],
  ["strip", "J", "Jump: the strip of images, and filters", plain("j")],
  ["note", "Shift R", "A remark on the image", withShift("r")],
  ["takeOver", "Shift P", "Take the image over from who works on it", withShift("p")],
];

const ROWS: Readonly<Record<Group, readonly Row[]>> = {
  Object: OBJECT,
  Tools: TOOLS,
  Mask: MASK,
  Suggestions: SUGGESTIONS,
  Objects: OBJECTS,
  View: VIEW,
  Image: IMAGE,
};

export const SHORTCUTS: readonly Shortcut[] = GROUPS.flatMap((group) =>
  ROWS[group].map(([action, shown, what, matches]) => ({ action, shown, what, group, matches })),
);

/** How an action's key is shown: “B”. */
export function keyOf(action: Action): string {
  return SHORTCUTS.find((one) => one.action === action)?.shown ?? "";
}

/** Held down rather than pressed: shows what a click would select. */
export const isPeek: Test = plain("q");

/** What is done with the mouse, for the same sheet. */
export const GESTURES: readonly { shown: string; what: string }[] = [
  { shown: "Left click", what: "This belongs to the object" },
  { shown: "Right click", what: "This does not; also Shift or Alt + click" },
  { shown: "Hold Q", what: "See what a click would select" },
  { shown: "Drag a dot", what: "Move the click; right-click deletes it" },
  { shown: "Double click", what: "Refine the object there" },
  { shown: "Ctrl, Shift + click", what: "In the list: choose several objects; drag one to another place" },
  { shown: "Right drag", what: "With a hand tool: cut; also Alt + drag" },
  { shown: "Shift + brush", what: "A straight line, from the last stroke's end" },
  { shown: "On a suggestion", what: "Left keeps, right rejects, Shift corrects; a drag keeps many" },
  { shown: "Alt + wheel", what: "Size of the brush" },
  { shown: "Wheel, or pinch", what: "Zoom at the pointer" },
  { shown: "Space + drag", what: "Move the image; also middle button, two fingers" },
];

/** The action of a key press; null for none. */
export function actionOf(event: KeyLike): Action | null {
  const number = digit(event);
  if (number !== null) return `category${number}`;
  return SHORTCUTS.find((shortcut) => shortcut.matches(event))?.action ?? null;
}

const SLIDING = /^(?:Arrow|Page|Home$|End$)/;
const TYPING = new Set(["text", "search", "number", "email", "url", "password", "tel"]);

/** Whether a key press there is meant for the element: typing in a field, pressing a focused button. */
export function belongsTo(element: Element | null, key: string): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) {
    return true;
  }
  if (element instanceof HTMLInputElement) {
    if (element.type === "range") return SLIDING.test(key);
    return TYPING.has(element.type) || (element.type === "checkbox" && key === " ");
  }
  return (key === "Enter" || key === " ") && element.matches("button, a[href], summary");
}
