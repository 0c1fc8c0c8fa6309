/** What the layers show, out of the state. */

import type { Painter, Stage, Surface } from "./canvas";
import type { Editor } from "./editor";
import { drawClick, drawCorner, drawMask, drawOutline, drawStroke } from "./paint";
import type { State } from "./state";
import type { Pointing } from "./tools";
import { clicksOf, recipeOf, isSettled, type Work } from "./work";

const UNKNOWN_CLASS = "#9aa3b5";

/** Keeps the stage showing what editor and tools say; returns how to stop it. */
export function direct(editor: Editor, stage: Stage): () => void {
  const { store, tools } = editor;
  const color = (category: number | null) => editor.category(category)?.color ?? UNKNOWN_CLASS;
  const open = () => stage.paint("open", openPainter(store.get(), tools.pointing.get(), color));
  const kept = () => stage.paint("kept", keptPainter(store.get(), color));
  const tool = () => stage.paint("tool", toolPainter(store.get(), tools.pointing.get(), color));
  open();
  kept();
  const stops = [
    store.watch((state, before) => {
      const differs = (...keys: (keyof State)[]) => keys.some((key) => state[key] !== before[key]);
      if (differs("kept", "hidden", "hovered", "selected") || sources(state) !== sources(before)) kept();
      if (differs("open", "finishing")) open();
    }),
    tools.pointing.watch((pointing, before) => {
      const kinds = [pointing.sketch?.kind, before.sketch?.kind];
      if (pointing.dot !== before.dot || kinds.some((kind) => kind === "stroke" || kind === "dot")) open();
      if (kinds.some((kind) => kind === "outline" || kind === "box" || kind === "preview")) tool();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** The kept objects that are shown as open ones. */
function sources({ open, finishing }: State): string {
  return [open, ...finishing].map((work) => work?.source ?? "").join();
}

function keptPainter(state: State, color: (category: number | null) => string): Painter {
  if (state.hidden) return () => {};
  const inWork = new Set([state.open, ...state.finishing].map((work) => work?.source));
  const shown = state.kept.filter(({ uid }) => !inWork.has(uid));
  return (surface) => {
    for (const { uid, category, patch } of shown) {
      const pointed = uid === state.hovered || uid === state.selected;
      const look = { fill: pointed ? 0.6 : 0.34, line: pointed ? 2.25 : 1.25, bright: pointed };
      drawMask(surface, patch, { color: color(category), ...look });
    }
  };
}

function openPainter(state: State, { sketch, dot }: Pointing, color: (category: number | null) => string): Painter {
  const { open, finishing } = state;
  return (surface) => {
    if (open)
      drawMask(surface, open.mask, { color: color(recipeOf(open).category), fill: 0.42, line: 1.75, bright: true });
    if (sketch?.kind === "stroke") {
      const category = open ? recipeOf(open).category : state.activeCategory;
      drawStroke(surface, sketch.points, sketch.size, sketch.adding ? color(category) : null);
    }
    for (const work of finishing) {
      drawMask(surface, work.mask, { color: color(recipeOf(work).category), fill: 0.42, line: 1.75, bright: false });
    }
    const moved = sketch?.kind === "dot" ? sketch : null;
    if (open) drawDots(surface, open, moved?.index ?? dot, moved?.at ?? null);
  };
}

/** The clicks of the open object; the pointed one stands out, and follows the pointer while it is dragged. */
function drawDots(surface: Surface, work: Work, pointed: number | null, at: { x: number; y: number } | null): void {
  const clicks = clicksOf(work);
  const answered = isSettled(work) ? clicks.length : clicks.length - 1;
  clicks.forEach((click, index) => {
    const shown = index === pointed && at ? { ...click, ...at } : click;
    drawClick(surface, shown, { answered: index < answered, pointed: index === pointed });
  });
}

function toolPainter(state: State, { sketch }: Pointing, color: (category: number | null) => string): Painter | null {
  switch (sketch?.kind) {
    case "outline":
      return (surface) => {
        drawOutline(surface, sketch.points, sketch.closes, sketch.adding);
        if (state.tool === "polygon") drawCorner(surface, sketch.points[0]!);
      };
    case "box": {
      const { from, to } = sketch;
      const corners = [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
      return (surface) => drawOutline(surface, corners, true, true);
    }
    case "preview": {
      const look = { color: color(state.activeCategory), fill: 0.25, line: 1, bright: true };
      return (surface) => drawMask(surface, sketch.patch, look);
    }
    default:
      return null;
  }
}
