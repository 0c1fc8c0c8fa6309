/** Draws suggestions on the image: dashed outlines, and the heat map of a text. */

import type { Size } from "../lib/geometry";
import type { State } from "../state";
import type { Painter } from "../view/canvas";
import { drawOver, drawProposal } from "../view/paint";
import type { Suggestion } from "./offer";
import { pointedOf, type SuggestionsState } from "./state";

/** Outlines of what has no class. */
const NO_CLASS = "#ffffff";

type ColorOf = (category: number | null) => string;

/** Whether suggestions are on the image now: not while an object is open, which they would only surround with noise. */
function areOn({ tool, open }: State): boolean {
  return tool === "suggest" && !open;
}

/** All that are shown; behind them where a phrase is. */
export function foundPainter(found: SuggestionsState, state: State, view: Size, colorOf: ColorOf): Painter | null {
  if (!areOn(state)) return null;
  const heat = found.text.kind === "answered" ? found.text.heat : null;
  return (surface) => {
    if (heat) {
      const [width, height] = heat.cell;
      drawOver(surface, heat.picture, heat, { width, height }, view);
    }
    for (const { patch, category } of found.shown) {
      drawProposal(surface, patch, { color: category === null ? NO_CLASS : colorOf(category), fill: 0, line: 1.25 });
    }
  };
}

/** The one that is pointed at, and those that a drag keeps: in the colour of the class that keeping them gives. */
export function pointedPainter(
  found: SuggestionsState,
  state: State,
  colorOf: (one: Suggestion) => string,
): Painter | null {
  if (!areOn(state)) return null;
  const gathered = found.shown.filter(({ uid }) => found.gathered.includes(uid));
  const pointed = pointedOf(found);
  if (!pointed && gathered.length === 0) return null;
  return (surface) => {
    for (const one of gathered) drawProposal(surface, one.patch, { color: colorOf(one), fill: 0.5, line: 2 });
    if (pointed) drawProposal(surface, pointed.patch, { color: colorOf(pointed), fill: 0.3, line: 2.25 });
  };
}
