/** The fields and panels that keys open, by their ids. */

import type { Editor } from "../editor";

/** The popover of the display settings. */
export const DISPLAY_PANEL = "display-panel";
/** The attributes' panel. */
export const ATTRIBUTES_PANEL = "attributes-panel";
/** The field of the text search. */
export const TEXT_FIELD = "text-search";
/** The field of the note. */
export const NOTE_FIELD = "note";

export function toggleDisplayPanel(): void {
  document.getElementById(DISPLAY_PANEL)?.togglePopover();
}

/** Close what lies over the image; false when nothing does. */
export function closeDisplayPanel(): boolean {
  const page = globalThis.document as Document | undefined; // tests have none
  const panel = page?.querySelector<HTMLElement>(`#${DISPLAY_PANEL}:popover-open`) ?? null;
  panel?.hidePopover();
  return panel !== null;
}

export function attributes(editor: Editor): void {
  const field = document.querySelector<HTMLElement>(`#${ATTRIBUTES_PANEL} :is(input, select)`);
  if (field) field.focus();
  else if (editor.boot.project.attributes.length > 0) editor.toasts.say("Select an object first.");
  else editor.toasts.say("This project has no attributes. A manager can add them in the project settings.");
}

export function textSearch(): void {
  document.getElementById(TEXT_FIELD)?.focus();
}

/** Open the note and type. */
export function note(): void {
  const field = document.getElementById(NOTE_FIELD);
  const panel = field?.closest("details");
  if (panel) panel.open = true;
  field?.focus();
}
