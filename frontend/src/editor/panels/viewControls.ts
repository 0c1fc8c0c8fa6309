/** What panels can do with the view: zoom and fit. */

import type { Editor } from "../editor";
import type { Box, Point } from "../lib/geometry";
import type { sightOf } from "../view/viewport";

/** The part of the picture that is on the screen: left, top, right, bottom. */
export type Sight = ReturnType<typeof sightOf>;

/** What the keyboard may do to the view. */
export interface ViewControls {
  fit(): void;
  actualSize(): void;
  zoom(factor: number): void;
  /** A box of the picture, large. */
  show(box: Box): void;
  /** A point of the picture in the middle. */
  center(at: Point): void;
  /** Told now and whenever another part of the picture is on the screen; returns how to stop it. */
  watch(listener: (sight: Sight) => void): () => void;
}

/** The open object, or the chosen ones, large in the window. */
export function zoomTo(editor: Editor, view: ViewControls | null): void {
  const { open } = editor.store.get();
  const patches = open && open.mask.runs.length > 0 ? [open.mask] : editor.selection.subjects.map(({ patch }) => patch);
  if (patches.length === 0) return editor.toasts.say("Select an object first.");
  const boxes = patches.map(({ box }) => box);
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  view?.show([left, top, right - left, bottom - top]);
}
