/** The actions about chosen objects and about how things are shown. */

import type { Editor } from "../editor";
import type { Action } from "./keys";
import type { ViewControls } from "./Canvas";

/** The id of the popover that `look` opens. */
export const LOOK_PANEL = "look-panel";
/** The id of the attributes' panel. */
export const ATTRIBUTES_PANEL = "attributes-panel";

/** False when the action is another one. */
export function performOnObjects(editor: Editor, view: ViewControls | null, action: Action): boolean {
  const { objects, look } = editor;
  const actions: Partial<Record<Action, () => void>> = {
    selectAll: () => objects.all(),
    merge: () => objects.merge(),
    split: () => objects.split(),
    duplicate: () => objects.duplicate(),
    raise: () => objects.order("up"),
    lower: () => objects.order("down"),
    toTop: () => objects.order("top"),
    toBottom: () => objects.order("bottom"),
    hideOne: () => objects.mark("hidden"),
    lock: () => objects.mark("locked"),
    isolate: () => objects.isolate(),
    yields: () => objects.toggleYields(),
    attributes: () => focusAttributes(editor),
    zoomObject: () => zoomTo(editor, view),
    look: () => document.getElementById(LOOK_PANEL)?.togglePopover(),
    plainPicture: () => look.resetPicture(),
    channel: () => look.nextChannel(),
    fainter: () => look.fade(-1),
    stronger: () => look.fade(1),
    outlines: () => look.toggle("outlines"),
    blink: () => look.toggle("blink"),
    overlaps: () => look.toggle("overlaps"),
    minimap: () => look.toggle("minimap"),
  };
  const act = actions[action];
  act?.();
  return act !== undefined;
}

/** Esc closes what lies over the image first; false when nothing does. */
export function closePopover(): boolean {
  const panel = document.querySelector<HTMLElement>(`#${LOOK_PANEL}:popover-open`);
  panel?.hidePopover();
  return panel !== null;
}

function focusAttributes(editor: Editor): void {
  const field = document.querySelector<HTMLElement>(`#${ATTRIBUTES_PANEL} :is(input, select)`);
  if (field) field.focus();
  else if ((editor.boot.project.attributes ?? []).length > 0) editor.toasts.say("Select an object first.");
  else editor.toasts.say("This project has no attributes. A manager can add them in the project settings.");
}

/** The open object, or the chosen ones, large in the window. */
export function zoomTo(editor: Editor, view: ViewControls | null): void {
  const { open } = editor.store.get();
  const patches = open && open.mask.runs.length > 0 ? [open.mask] : editor.objects.subjects.map(({ patch }) => patch);
  if (patches.length === 0) return editor.toasts.say("Select an object first.");
  const boxes = patches.map(({ box }) => box);
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  view?.show([left, top, right - left, bottom - top]);
}
