/** Paints the labels as they were, or what differs from now; and the ghost of what was sent back. */

import type { Editor } from "../editor";
import type { Difference } from "../review/diff";
import type { State } from "../state";
import type { Painter, Surface } from "../view/canvas";
import { drawMask, drawProposal } from "../view/paint";

const GAINED = "#2fbf71";
const LOST = "#e5484d";
const OTHER_CLASS = "#f0a020";

type ColorOf = (category: number | null, uid?: string) => string;

/** The state whose kept objects are painted: those of before, where these are looked at. */
export function asCompared(editor: Editor): State {
  const state = editor.store.get();
  const { comparison, old } = editor.review.store.get();
  if (!old || comparison === "now") return state;
  if (comparison === "before") return { ...state, kept: old, open: null, finishing: [] };
  return { ...state, display: { ...state.display, outlines: true, overlaps: false } };
}

/** The kept objects, and over them what differs. */
export function comparedPainter(editor: Editor, kept: Painter, colorOf: ColorOf): Painter {
  const { comparison, old, data } = editor.review.store.get();
  if (!old || editor.store.get().hidden || comparison === "before") return kept;
  const found = editor.review.compare.differences;
  if (comparison === "changed") {
    return (surface) => {
      kept(surface);
      for (const one of found) drawDifference(surface, one);
    };
  }
  if (data?.status !== "sent_back") return kept;
  return (surface) => {
    kept(surface);
    for (const { uid, before, what } of found) {
      if (!before || what === "class") continue;
      drawProposal(surface, before.patch, { color: colorOf(before.category, uid), fill: 0, line: 1.25 });
    }
  };
}

function drawDifference(surface: Surface, { what, patch, gained, lost }: Difference): void {
  if (what === "added") drawMask(surface, patch, { color: GAINED, fill: 0.45, line: 2, bright: false });
  else if (what === "removed") drawProposal(surface, patch, { color: LOST, fill: 0.4, line: 2 });
  else if (what === "class") drawMask(surface, patch, { color: OTHER_CLASS, fill: 0.3, line: 2.5, bright: false });
  else {
    drawMask(surface, gained, { color: GAINED, fill: 0.6, line: 1, bright: false });
    drawMask(surface, lost, { color: LOST, fill: 0.6, line: 1, bright: false });
  }
}
