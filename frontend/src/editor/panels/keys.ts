/** Every keyboard shortcut, in one table; the help sheet is made of the same. A person may have other keys (`OwnKeys`). */

import { comboOf, isCombo, said, type KeyLike } from "../lib/keyCombos";

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
  | "resume"
  | "saved"
  | "peek"
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

export const GROUPS = ["Object", "Tools", "Mask", "Objects", "Suggestions", "View", "Image"] as const;
export type Group = (typeof GROUPS)[number];

export interface Shortcut {
  readonly action: Action;
  /** The keys that it has as shipped. */
  readonly keys: readonly string[];
  readonly what: string;
  readonly group: Group;
}

type Row = readonly [action: Action, keys: readonly string[], what: string];

const OBJECT: readonly Row[] = [
  ["keep", ["Enter"], "Keep the object, close the polygon, or open the selected object"],
  ["cancel", ["Escape"], "Cancel the open object"],
  ["undo", ["Ctrl Z"], "Undo"],
  ["redo", ["Ctrl Shift Z", "Ctrl Y"], "Redo"],
  ["delete", ["Delete", "Backspace"], "Delete the click under the pointer, or the object"],
];

const TOOLS: readonly Row[] = [
  ["click", ["C"], "Click the object"],
  ["box", ["R"], "Draw a box around the object"],
  ["brush", ["B"], "Brush"],
  ["eraser", ["E"], "Eraser"],
  ["polygon", ["P"], "Polygon"],
  ["lasso", ["L"], "Lasso"],
  ["cutting", ["X"], "Switch between add and cut (click, polygon, lasso)"],
  ["peek", ["Q"], "Hold to preview what a click would select"],
  ["smaller", ["["], "Smaller brush"],
  ["larger", ["]"], "Larger brush"],
];

const MASK: readonly Row[] = [
  ["fillHoles", ["O"], "Fill holes"],
  ["largest", ["K"], "Keep only the largest part"],
  ["grow", ["G"], "Grow by one pixel"],
  ["shrink", ["Shift G"], "Shrink by one pixel"],
  ["smooth", ["S"], "Smooth the outline"],
];

/** Enter, Delete, Esc and the classes' keys are about the suggestion that is pointed at while no object is open or
 * selected. A class's key keeps nothing. */
const SUGGESTIONS: readonly Row[] = [
  ["suggest", ["V"], "Show suggestions, or request them"],
  ["nextSuggestion", ["N"], "Next suggestion (1 – 9 sets its class, Enter keeps it)"],
  ["previousSuggestion", ["Shift N"], "Previous suggestion"],
  ["correct", ["Shift Enter"], "Correct the suggestion with clicks"],
  ["keepAll", ["Shift A"], "Keep all suggestions that are shown"],
  ["lessSure", [","], "Lower the confidence threshold"],
  ["surer", ["."], "Raise the confidence threshold"],
  ["text", ["T"], "Find an object by text"],
  ["everything", ["Shift V"], "Outline all objects again"],
  ["instances", ["I"], "Suggest objects with their classes"],
  ["panoptic", ["Shift I"], "Suggest objects and regions with their classes"],
];

/** About the objects that are chosen in the list, or the open one, or the one that is pointed at. */
const OBJECTS: readonly Row[] = [
  ["selectAll", ["Ctrl A"], "Select all objects"],
  ["merge", ["M"], "Merge the selected objects"],
  ["split", ["Shift M"], "Split into one object for each part"],
  ["duplicate", ["Shift D"], "Duplicate the object"],
  ["raise", ["PageUp"], "Move up in the drawing order"],
  ["lower", ["PageDown"], "Move down in the drawing order"],
  ["toTop", ["Shift PageUp"], "Move to the top"],
  ["toBottom", ["Shift PageDown"], "Move to the bottom"],
  ["hideOne", ["Shift H"], "Hide or show the object"],
  ["lock", ["Shift L"], "Lock or unlock the object"],
  ["isolate", ["Shift O"], "Show only the selected objects, or all again"],
  ["attributes", ["Shift T"], "Edit the attributes"],
  ["yields", ["Y"], "Panoptic mode: take pixels from objects below, or only free pixels"],
];

const VIEW: readonly Row[] = [
  ["fit", ["F"], "Show the whole image"],
  ["actualSize", ["0"], "Zoom to 100 %"],
  ["zoomIn", ["+", "="], "Zoom in"],
  ["zoomOut", ["-"], "Zoom out"],
  ["hide", ["H"], "Hide or show the masks"],
  ["zoomObject", ["Z"], "Zoom to the object"],
  ["fainter", ["Shift ["], "Decrease mask opacity"],
  ["stronger", ["Shift ]"], "Increase mask opacity"],
  ["outlines", ["U"], "Show outlines only"],
  ["blink", ["Shift U"], "Blink the masks"],
  ["overlaps", ["Shift Y"], "Hatch overlaps"],
  ["minimap", ["Shift Z"], "Show or hide the overview map"],
  ["look", ["W"], "Open the display settings"],
  ["channel", ["Shift C"], "Show the next colour channel"],
  ["plainPicture", ["Shift W"], "Reset the picture settings"],
  ["help", ["?"], "Keyboard shortcuts"],
];

const IMAGE: readonly Row[] = [
  ["finish", ["Ctrl Enter"], "Finish the image and open the next one"],
  ["next", ["D", "ArrowRight"], "Next image"],
  ["previous", ["A", "ArrowLeft"], "Previous image"],
  ["skip", ["Shift S"], "Skip the image"],
  ["strip", ["J"], "Show the image strip and its filters"],
  ["note", ["Shift R"], "Add a note to the image"],
  ["resume", ["Shift X"], "Reopen the finished or skipped image"],
  ["saved", ["Ctrl S"], "Check save status"],
  ["takeOver", ["Shift P"], "Take over the image from another person"],
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
  ROWS[group].map(([action, keys, what]) => ({ action, keys, what, group })),
);

/** A person's own keys: only the actions that have others than the shipped ones. */
export type OwnKeys = Readonly<Record<string, readonly string[]>>;

let own: OwnKeys = {};

/** The window's keys from now on. */
export function useKeys(keys: OwnKeys): void {
  own = keys;
}

export function ownKeys(): OwnKeys {
  return own;
}

export function keysOf(action: Action, keys: OwnKeys = own): readonly string[] {
  return keys[action] ?? SHORTCUTS.find((one) => one.action === action)?.keys ?? [];
}

/** How an action's keys are shown: “Ctrl Shift Z or Ctrl Y”. */
export function keyOf(action: Action, keys: OwnKeys = own): string {
  return keysOf(action, keys).map(said).join(" or ");
}

/** The action that has this combination already; null for none. */
export function takenBy(combo: string, except: Action, keys: OwnKeys = own): Shortcut | null {
  return SHORTCUTS.find(({ action }) => action !== except && keysOf(action, keys).includes(combo)) ?? null;
}

/** The keys after `action` got these; whoever had one of them loses it. What is as shipped is not kept. */
export function withKeys(action: Action, wanted: readonly string[], keys: OwnKeys = own): OwnKeys {
  const after: Record<string, readonly string[]> = { ...keys, [action]: wanted };
  for (const other of SHORTCUTS) {
    if (other.action === action) continue;
    const left = keysOf(other.action, keys).filter((combo) => !wanted.includes(combo));
    if (left.length < keysOf(other.action, keys).length) after[other.action] = left;
  }
  const isShipped = ([name, now]: [string, readonly string[]]) =>
    SHORTCUTS.find((one) => one.action === name)?.keys.join() === now.join();
  return Object.fromEntries(Object.entries(after).filter((entry) => !isShipped(entry)));
}

/** Held down rather than pressed: shows what a click would select. */
export function isPeek(event: KeyLike): boolean {
  return keysOf("peek").some((combo) => isCombo(event, combo));
}

/** What is done with the mouse, for the same sheet. */
export const GESTURES: readonly { shown: string; what: string }[] = [
  { shown: "Left click", what: "Add to the object" },
  { shown: "Right click", what: "Remove from the object (also Shift or Alt + click)" },
  { shown: "Drag a dot", what: "Move the click (right-click deletes it)" },
  { shown: "Double click", what: "Open the object there (also in the list)" },
  { shown: "Drag", what: "With the box tool: draw a box around the object" },
  { shown: "Click in the list", what: "Select (Ctrl, Shift or right click: several). Drag to reorder" },
  { shown: "Arrows in the list", what: "Select the next object (Shift: several)" },
  { shown: "Right drag", what: "With a drawing tool: cut (also Alt + drag)" },
  { shown: "Shift + brush", what: "Draw a straight line from the end of the last stroke" },
  { shown: "On a suggestion", what: "Click keeps, right click rejects, Shift + click corrects, drag keeps several" },
  { shown: "Alt + wheel", what: "Change the brush size" },
  { shown: "Wheel or pinch", what: "Zoom at the pointer" },
  { shown: "Space + drag", what: "Move the image (also middle button or two fingers)" },
];

/** Digits by place: on some layouts the row types them only with Shift. */
export function digit(event: KeyLike): number | null {
  const combo = comboOf(event);
  return combo && /^[1-9]$/.test(combo) && !event.shiftKey ? Number(combo) : null;
}

/** The action of a key press; null for none. */
export function actionOf(event: KeyLike): Action | null {
  const number = digit(event);
  if (number !== null) return `category${number}`;
  for (const loosely of [false, true]) {
    const found = SHORTCUTS.find(({ action }) => keysOf(action).some((combo) => isCombo(event, combo, loosely)));
    if (found) return found.action === "peek" ? null : found.action;
  }
  return null;
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
  return (key === "Enter" || key === " ") && element.matches("button:not([data-item]), a[href], summary");
}
