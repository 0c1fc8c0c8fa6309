/** The hints under the image: one line for every tool in every state. */

import type { State, Tool } from "../state";
import type { Action } from "./shortcuts";

/** `cutting` and `cuttingNothing`: while *Cut* is chosen, with and without an open object. */
export const MOMENTS = ["nothing", "open", "cutting", "cuttingNothing", "selected"] as const;
export type Moment = (typeof MOMENTS)[number];

export const TOOLS = ["click", "box", "brush", "eraser", "polygon", "lasso", "suggest"] as const satisfies Tool[];

/** An action in braces stands for its key, `=` for the key that follows. */
type Hint = string;

const SELECTED: Hint = "{keep} opens it, {=1 – 9} change the class, {delete} deletes, {cancel} deselects.";
const SIZE = "{smaller} {larger} size";
const CUT_FROM: Hint = "No object is open to cut from. Start on a kept object, or press {cutting} to add.";

const CLICKS: Readonly<Record<Moment, Hint>> = {
  nothing: "Click an object to outline it, or press {box} to drag boxes. Double click opens a kept object.",
  open: "Click adds an area, right click removes one. Drag a dot to move it.",
  cutting: "Click removes an area, right click adds one. {cutting} switches to adding.",
  cuttingNothing: "No object is open to cut from. Press {cutting} to add.",
  selected: SELECTED,
};

export const HINTS: Readonly<Record<Tool, Readonly<Record<Moment, Hint>>>> = {
  click: CLICKS,
  box: {
    nothing: "Drag a box around an object, or click it. {click} switches to the click tool.",
    open: "Another drag replaces the box. Click adds an area, right click removes one.",
    cutting: "Another drag replaces the box. Click removes an area, right click adds one.",
    cuttingNothing: "Drag a box around an object. {cutting} switches to adding.",
    selected: SELECTED,
  },
  brush: {
    nothing: `Draw an object. ${SIZE}`,
    open: `Draw the missing area. Right drag erases. ${SIZE}`,
    cutting: `Draw the missing area. Right drag erases. ${SIZE}`,
    cuttingNothing: `Draw an object. ${SIZE}`,
    selected: SELECTED,
  },
  eraser: {
    nothing: `Start on a kept object to cut from it. ${SIZE}`,
    open: `Erase the wrong area. Right drag draws. ${SIZE}`,
    cutting: `Erase the wrong area. Right drag draws. ${SIZE}`,
    cuttingNothing: `Start on a kept object to cut from it. ${SIZE}`,
    selected: SELECTED,
  },
  polygon: {
    nothing: "Click the corners of an object.",
    open: "Click the corners of the missing area. {cutting} switches to cutting.",
    cutting: "Click the corners of the area to cut off. {cutting} switches to adding.",
    cuttingNothing: CUT_FROM,
    selected: SELECTED,
  },
  lasso: {
    nothing: "Draw around an object.",
    open: "Draw around the missing area. Right drag cuts.",
    cutting: "Draw around the area to cut off. Right drag adds.",
    cuttingNothing: CUT_FROM,
    selected: SELECTED,
  },
  suggest: {
    nothing:
      "Click keeps, right click rejects, {=Shift} + click corrects. {=1 – 9} set the class, {nextSuggestion} selects the next one.",
    open: CLICKS.open,
    cutting: CLICKS.cutting,
    cuttingNothing:
      "Click keeps, right click rejects, {=Shift} + click corrects. {=1 – 9} set the class, {nextSuggestion} selects the next one.",
    selected: SELECTED,
  },
};

const OUTLINE: Hint =
  "{keep} or a click on the first corner closes the polygon, {undo} removes the last corner, {cancel} discards the polygon.";
const NO_SUGGESTIONS: Hint = "No suggestions are shown. Click an object to outline it. {cancel} hides suggestions.";

export function momentOf({ tool, open, cutting, selected, selection }: State): Moment {
  // Brush and eraser are what adds and what cuts; suggestions know no cutting before one is open.
  if (open) return cutting ? "cutting" : "open";
  if (selected || selection.length > 0) return "selected";
  return cutting && tool !== "suggest" ? "cuttingNothing" : "nothing";
}

/** `outlining`: a polygon is in progress; `suggested`: how many suggestions are shown. */
export function hintOf(tool: Tool, moment: Moment, outlining: boolean, suggested: number): Hint {
  if (outlining) return OUTLINE;
  if (tool === "suggest" && moment === "nothing" && suggested === 0) return NO_SUGGESTIONS;
  return HINTS[tool][moment];
}

export type Part = { readonly words: string } | { readonly action: Action } | { readonly key: string };

/** The hint's parts in turn: words, an action, or a key as it is called. */
export function partsOf(hint: Hint): readonly Part[] {
  return hint.split(/(\{[^}]*\})/).flatMap((part): Part[] => {
    if (part.startsWith("{=")) return [{ key: part.slice(2, -1) }];
    if (part.startsWith("{")) return [{ action: part.slice(1, -1) as Action }];
    return part === "" ? [] : [{ words: part }];
  });
}

/** Every hint there is, for tests. */
export function allHints(): readonly Hint[] {
  return [OUTLINE, NO_SUGGESTIONS, ...TOOLS.flatMap((tool) => MOMENTS.map((moment) => HINTS[tool][moment]))];
}
