/** The keyboard, heard anywhere in the window. */

import type { Editor } from "../editor";
import { actionOf, belongsTo, isPeek, type Action } from "./keys";
import type { Suggestions } from "../suggestions/suggestions";
import type { ViewControls } from "./Canvas";
import { closePopover, performOnObjects } from "./objectKeys";
import { TEXT_FIELD } from "./TextSearch";
import { focusNote } from "./Note";

/** Actions that go on while their key is held. */
const REPEATED: ReadonlySet<Action> = new Set([
  "undo",
  "redo",
  "zoomIn",
  "zoomOut",
  "smaller",
  "larger",
  "grow",
  "shrink",
  "nextSuggestion",
  "previousSuggestion",
  "lessSure",
  "surer",
  "raise",
  "lower",
  "fainter",
  "stronger",
]);

/** Until the returned function is called. `space` is told whether the space bar is down. */
export function listenToKeys(
  editor: Editor,
  controls: { current: ViewControls | null },
  space: { current: boolean },
): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const hold = (held: boolean) => {
    space.current = held;
    document.documentElement.toggleAttribute("data-space", held);
  };
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || belongsTo(document.activeElement, event.key)) return;
    const { help, conflict, dialog } = editor.store.get();
    if (conflict || dialog || (help && event.key !== "?")) return; // the dialog has the keyboard
    if (event.code === "Space") {
      event.preventDefault();
      hold(true);
    } else if (isPeek(event)) {
      if (!event.repeat && editor.canLabel) editor.tools.peek(true);
    } else {
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      if (action === "cancel" && closePopover()) return;
      if (!event.repeat || REPEATED.has(action)) perform(editor, controls.current, action);
    }
  };
  const up = (event: KeyboardEvent) => {
    if (event.code === "Space") hold(false);
    if (isPeek(event)) editor.tools.peek(false);
  };
  const leave = () => {
    hold(false);
    editor.tools.peek(false);
  };
  window.addEventListener("keydown", down, options);
  window.addEventListener("keyup", up, options);
  window.addEventListener("blur", leave, options);
  // Alt alone would give the focus to the browser's menu after a stroke with Alt.
  window.addEventListener("keyup", (event) => event.key === "Alt" && event.preventDefault(), options);
  // The image area shows its focus ring to those who got there with Tab; it would frame every click otherwise.
  const tabbed = (event: Event) =>
    document.documentElement.toggleAttribute("data-tabbed", event instanceof KeyboardEvent);
  window.addEventListener("keydown", (event) => event.key === "Tab" && tabbed(event), options);
  window.addEventListener("pointerdown", tabbed, options);
  return () => stop.abort();
}

export function perform(editor: Editor, view: ViewControls | null, action: Action): void {
  if (performOnObjects(editor, view, action)) return;
  if (aboutSuggestions(editor.suggestions, action)) return;
  switch (action) {
    case "keep":
      return editor.enter();
    case "cancel":
      return editor.cancel();
    case "undo":
      return editor.undo();
    case "redo":
      return editor.redo();
    case "delete":
      return editor.removeSelected();
    case "click":
    case "box":
    case "brush":
    case "eraser":
    case "polygon":
    case "lasso":
      return editor.chooseTool(action);
    case "cutting":
      return editor.toggle("cutting");
    case "smaller":
      return editor.tools.resize(-1);
    case "larger":
      return editor.tools.resize(1);
    case "fillHoles":
    case "largest":
    case "grow":
    case "shrink":
    case "smooth":
      return editor.operate(action);
    case "next":
      return void editor.journey.next();
    case "previous":
      return void editor.journey.previous();
    case "finish":
      return void editor.image.finish();
    case "skip":
      return editor.image.askToSkip();
    case "strip":
      return editor.strip.toggle();
    case "note":
      return focusNote();
    case "takeOver":
      return editor.takeOver();
    case "resume":
      return editor.image.resume();
    case "saved":
      return editor.image.saySaved();
    case "fit":
      return view?.fit();
    case "actualSize":
      return view?.actualSize();
    case "zoomIn":
      return view?.zoom(1.25);
    case "zoomOut":
      return view?.zoom(1 / 1.25);
    case "hide":
      return editor.toggle("hidden");
    case "help":
      return editor.toggle("help");
    default:
      return editor.chooseByHotkey(categoryKey(action));
  }
}

/** Whether that was all: an action about suggestions, or a usual one while a suggestion is pointed at. */
function aboutSuggestions(suggestions: Suggestions, action: Action): boolean {
  switch (action) {
    case "keep":
      return suggestions.keepPointed();
    case "delete":
      return suggestions.rejectPointed();
    case "cancel":
      return suggestions.search.forget();
    case "suggest":
      suggestions.toggle();
      return true;
    case "nextSuggestion":
    case "previousSuggestion":
      suggestions.step(action === "nextSuggestion" ? 1 : -1);
      return true;
    case "correct":
      suggestions.correctPointed();
      return true;
    case "keepAll":
      suggestions.keepAll();
      return true;
    case "lessSure":
    case "surer":
      suggestions.stepThreshold(action === "surer" ? 1 : -1);
      return true;
    case "everything":
    case "instances":
    case "panoptic":
      void suggestions.asking.ask(action);
      return true;
    case "text":
      document.getElementById(TEXT_FIELD)?.focus();
      return true;
    default:
      return false;
  }
}

/** The digit of a class's key. */
function categoryKey(action: Action): number {
  return Number(action.slice("category".length));
}
