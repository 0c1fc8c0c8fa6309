/** The table of keyboard shortcuts: default keys, description and handler. A new shortcut is a new row: keyboard, help,
 * hints and key settings read this table. */

import type { Editor } from "../editor";
import * as focus from "./focus";
import { zoomTo, type ViewControls } from "./viewControls";

/** What a key press acts on. `view` is null while the image area is not there. */
export interface KeyContext {
  readonly editor: Editor;
  readonly view: ViewControls | null;
}

interface Row<Action extends string> {
  readonly action: Action;
  /** The keys that it has as shipped. */
  readonly keys: readonly string[];
  readonly what: string;
  readonly run: (context: KeyContext) => unknown;
  /** Goes on while the key is held. */
  readonly repeats?: boolean;
  /** Called instead of `run` when the key goes down, and when it is released. */
  readonly hold?: (context: KeyContext, down: boolean) => void;
}

/** `Action` are the names under which the keys that a person chose are stored: they are not to be renamed. */
function row<Action extends string>(
  action: Action,
  keys: readonly string[],
  what: string,
  run: Row<Action>["run"],
  more: Pick<Row<Action>, "repeats" | "hold"> = {},
): Row<Action> {
  return { action, keys, what, run, ...more };
}

const REPEATS = { repeats: true };

/** Enter, Delete, Esc and the classes' keys are about the suggestion that is pointed at while no object is open or
 * selected. A class's key keeps nothing. */
const OBJECT = [
  row("keep", ["Enter"], "Keep the object, close the polygon, or open the selected object", ({ editor }) => {
    if (!editor.suggestions.keepPointed()) editor.openObject.enter();
  }),
  row("cancel", ["Escape"], "Cancel the open object", ({ editor }) => {
    if (!focus.closeDisplayPanel() && !editor.suggestions.search.forget()) editor.openObject.cancel();
  }),
  row("undo", ["Ctrl Z"], "Undo", ({ editor }) => editor.openObject.undo(), REPEATS),
  row("redo", ["Ctrl Shift Z", "Ctrl Y"], "Redo", ({ editor }) => editor.openObject.redo(), REPEATS),
  row("delete", ["Delete", "Backspace"], "Delete the click under the pointer, or the object", ({ editor }) => {
    if (!editor.suggestions.rejectPointed()) editor.openObject.removeSelected();
  }),
];

const TOOLS = [
  row("click", ["C"], "Click the object", ({ editor }) => editor.tools.pick("click")),
  row("box", ["R"], "Draw a box around the object", ({ editor }) => editor.tools.pick("box")),
  row("brush", ["B"], "Brush", ({ editor }) => editor.tools.pick("brush")),
  row("eraser", ["E"], "Eraser", ({ editor }) => editor.tools.pick("eraser")),
  row("polygon", ["P"], "Polygon", ({ editor }) => editor.tools.pick("polygon")),
  row("lasso", ["L"], "Lasso", ({ editor }) => editor.tools.pick("lasso")),
  row("cutting", ["X"], "Switch between add and cut (click, polygon, lasso)", ({ editor }) =>
    editor.window.toggle("cutting"),
  ),
  row("peek", ["Q"], "Hold to preview what a click would select", () => {}, {
    hold: ({ editor }, down) => {
      if (!down || editor.permission.canLabel) editor.tools.peek(down);
    },
  }),
  row("smaller", ["["], "Smaller brush", ({ editor }) => editor.tools.resize(-1), REPEATS),
  row("larger", ["]"], "Larger brush", ({ editor }) => editor.tools.resize(1), REPEATS),
];

const MASK = [
  row("fillHoles", ["O"], "Fill holes", ({ editor }) => editor.prompts.operate("fillHoles")),
  row("largest", ["K"], "Keep only the largest part", ({ editor }) => editor.prompts.operate("largest")),
  row("grow", ["G"], "Grow by one pixel", ({ editor }) => editor.prompts.operate("grow"), REPEATS),
  row("shrink", ["Shift G"], "Shrink by one pixel", ({ editor }) => editor.prompts.operate("shrink"), REPEATS),
  row("smooth", ["S"], "Smooth the outline", ({ editor }) => editor.prompts.operate("smooth")),
];

/** About the objects that are chosen in the list, or the open one, or the one that is pointed at. */
const OBJECTS = [
  row("selectAll", ["Ctrl A"], "Select all objects", ({ editor }) => editor.selection.all()),
  row("merge", ["M"], "Merge the selected objects", ({ editor }) => editor.objects.merge()),
  row("split", ["Shift M"], "Split into one object for each part", ({ editor }) => editor.objects.split()),
  row("duplicate", ["Shift D"], "Duplicate the object", ({ editor }) => editor.objects.duplicate()),
  row("raise", ["PageUp"], "Move up in the drawing order", ({ editor }) => editor.objects.order("up"), REPEATS),
  row("lower", ["PageDown"], "Move down in the drawing order", ({ editor }) => editor.objects.order("down"), REPEATS),
  row("toTop", ["Shift PageUp"], "Move to the top", ({ editor }) => editor.objects.order("top")),
  row("toBottom", ["Shift PageDown"], "Move to the bottom", ({ editor }) => editor.objects.order("bottom")),
  row("hideOne", ["Shift H"], "Hide or show the object", ({ editor }) => editor.marks.mark("hidden")),
  row("lock", ["Shift L"], "Lock or unlock the object", ({ editor }) => editor.marks.mark("locked")),
  row("isolate", ["Shift O"], "Show only the selected objects, or all again", ({ editor }) => editor.marks.isolate()),
  row("attributes", ["Shift T"], "Edit the attributes", ({ editor }) => focus.attributes(editor)),
  row("yields", ["Y"], "Panoptic mode: take pixels from objects below, or only free pixels", ({ editor }) =>
    editor.panoptic.toggleYields(),
  ),
];

const SUGGESTIONS = [
  row("suggest", ["V"], "Show suggestions, or request them", ({ editor }) => editor.suggestions.toggle()),
  row(
    "nextSuggestion",
    ["N"],
    "Next suggestion (1 – 9 sets its class, Enter keeps it)",
    ({ editor }) => editor.suggestions.step(1),
    REPEATS,
  ),
  row("previousSuggestion", ["Shift N"], "Previous suggestion", ({ editor }) => editor.suggestions.step(-1), REPEATS),
  row("correct", ["Shift Enter"], "Correct the suggestion with clicks", ({ editor }) =>
    editor.suggestions.correctPointed(),
  ),
  row("keepAll", ["Shift A"], "Keep all suggestions that are shown", ({ editor }) => editor.suggestions.keepAll()),
  row(
    "lessSure",
    [","],
    "Lower the confidence threshold",
    ({ editor }) => editor.suggestions.stepThreshold(-1),
    REPEATS,
  ),
  row("surer", ["."], "Raise the confidence threshold", ({ editor }) => editor.suggestions.stepThreshold(1), REPEATS),
  row("text", ["T"], "Find an object by text", () => focus.textSearch()),
  row("everything", ["Shift V"], "Outline all objects again", ({ editor }) =>
    editor.suggestions.requests.ask("everything"),
  ),
  row("instances", ["I"], "Suggest objects with their classes", ({ editor }) =>
    editor.suggestions.requests.ask("instances"),
  ),
  row("panoptic", ["Shift I"], "Suggest objects and regions with their classes", ({ editor }) =>
    editor.suggestions.requests.ask("panoptic"),
  ),
];

const VIEW = [
  row("fit", ["F"], "Show the whole image", ({ view }) => view?.fit()),
  row("actualSize", ["0"], "Zoom to 100 %", ({ view }) => view?.actualSize()),
  row("zoomIn", ["+", "="], "Zoom in", ({ view }) => view?.zoom(1.25), REPEATS),
  row("zoomOut", ["-"], "Zoom out", ({ view }) => view?.zoom(1 / 1.25), REPEATS),
  row("hide", ["H"], "Hide or show the masks", ({ editor }) => editor.window.toggle("hidden")),
  row("zoomObject", ["Z"], "Zoom to the object", ({ editor, view }) => zoomTo(editor, view)),
  row("fainter", ["Shift ["], "Decrease mask opacity", ({ editor }) => editor.display.fade(-1), REPEATS),
  row("stronger", ["Shift ]"], "Increase mask opacity", ({ editor }) => editor.display.fade(1), REPEATS),
  row("outlines", ["U"], "Show outlines only", ({ editor }) => editor.display.toggle("outlines")),
  row("blink", ["Shift U"], "Blink the masks", ({ editor }) => editor.display.toggle("blink")),
  row("overlaps", ["Shift Y"], "Hatch overlaps", ({ editor }) => editor.display.toggle("overlaps")),
  row("byObject", ["Shift K"], "Colour by object, or by class", ({ editor }) => editor.display.toggle("byObject")),
  row("minimap", ["Shift Z"], "Show or hide the overview map", ({ editor }) => editor.display.toggle("minimap")),
  row("look", ["W"], "Open the display settings", () => focus.toggleDisplayPanel()),
  row("channel", ["Shift C"], "Show the next colour channel", ({ editor }) => editor.display.nextChannel()),
  row("plainPicture", ["Shift W"], "Reset the picture settings", ({ editor }) => editor.display.resetPicture()),
  row("help", ["?"], "Keyboard shortcuts", ({ editor }) => editor.window.toggle("help")),
];

/** The next image that waits for this person. */
export function nextTodo(editor: Editor): Promise<void> {
  const reviews = editor.store.get().judging !== null || !editor.boot.user.can_label;
  return reviews && editor.boot.user.can_review ? editor.review.onward() : editor.nextImage.onward();
}

const IMAGE = [
  row("finish", ["Ctrl Enter"], "Finish the image, or accept it in a review, and open the next one", ({ editor }) =>
    editor.image.finish(),
  ),
  row("sendBack", ["Ctrl Shift Enter"], "In a review: send the image back", ({ editor }) =>
    editor.review.askToSendBack(),
  ),
  row("reviewCorrect", ["Shift E"], "In a review: correct the labels, or stop", ({ editor }) =>
    editor.review.toggleCorrect(),
  ),
  row("pin", ["Shift Q"], "Pin a comment at the pointer", ({ editor }) => editor.review.comments.begin()),
  row("nextThread", ["Shift F"], "Next open comment", ({ editor }) => editor.review.comments.next()),
  row("compare", ["Shift B"], "Labels before, now, and what changed", ({ editor }) => editor.review.compare.cycle()),
  row("nextTodo", ["Shift ArrowRight"], "Next image to label or review", ({ editor }) => nextTodo(editor)),
  row("jump", ["Ctrl G"], "Go to an image by its number or name", ({ editor }) => editor.store.set({ dialog: "jump" })),
  row("next", ["D", "ArrowRight"], "Next image", ({ editor }) => editor.nextImage.next()),
  row("previous", ["A", "ArrowLeft"], "Previous image", ({ editor }) => editor.nextImage.previous()),
  row("skip", ["Shift S"], "Skip the image", ({ editor }) => editor.image.askToSkip()),
  row("strip", ["J"], "Show the image strip and its filters", ({ editor }) => editor.filmstrip.toggle()),
  row("note", ["Shift R"], "Add a note to the image", () => focus.note()),
  row("resume", ["Shift X"], "Reopen the finished or skipped image", ({ editor }) => editor.image.resume()),
  row("saved", ["Ctrl S"], "Check save status", ({ editor }) => editor.image.saySaved()),
  row("takeOver", ["Shift P"], "Take over the image from another person", ({ editor }) => {
    if (editor.boot.user.can_label && !editor.permission.canLabel) editor.presence.take();
  }),
];

/** In the order of the help sheet. */
const TABLE = {
  Object: OBJECT,
  Tools: TOOLS,
  Mask: MASK,
  Objects: OBJECTS,
  Suggestions: SUGGESTIONS,
  View: VIEW,
  Image: IMAGE,
} as const;

export type Group = keyof typeof TABLE;
/** The name of a shortcut. */
export type Action = (typeof TABLE)[Group][number]["action"];

export interface Shortcut extends Row<Action> {
  readonly group: Group;
}

export const GROUPS = Object.keys(TABLE) as readonly Group[];

export const SHORTCUTS: readonly Shortcut[] = GROUPS.flatMap((group) =>
  TABLE[group].map((one: Row<Action>): Shortcut => ({ ...one, group })),
);

/** What a key press asks for: a row of the table, or the class that has this digit. */
export type Pressed = Action | `category${number}`;

export function perform(context: KeyContext, pressed: Pressed): void {
  const shortcut = SHORTCUTS.find(({ action }) => action === pressed);
  if (shortcut) void shortcut.run(context);
  else context.editor.classes.chooseByHotkey(pressed.slice("category".length));
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
