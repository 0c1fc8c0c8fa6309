/** Draws the canvas layers from the state. */

import type { Pointing, Sketch, StrokeSketch } from "../editing/tools/types";
import type { Editor } from "../editor";
import type { Point } from "../lib/geometry";
import { EMPTY, type Patch } from "../mask/rle";
import { patchOf, subtract } from "../mask/spans";
import { isShown } from "../model/marks";
import { Overlaps } from "../model/overlaps";
import { spansOfPatch, type Claim } from "../model/panoptic";
import { clicksOf, recipeOf, isSettled, type Work } from "../model/work";
import type { State } from "../state";
import { foundPainter, pointedPainter } from "../suggestions/painter";
import { pointedOf } from "../suggestions/state";
import type { Painter, Stage, Surface } from "../view/canvas";
import { strongerFill } from "../view/displaySettings";
import { colorFor } from "./colors";
import { asCompared, comparedPainter } from "./compared";
import { drawClick, drawCorner, drawHatch, drawMask, drawOutline, drawStroke } from "../view/paint";

const NOTHING_TAKEN: Claim["taken"] = [];

/** Of an object, by its class or by itself as the person wants it. */
type ColorOf = (category: number | null, uid?: string) => string;

/** Keeps the stage showing what editor and tools say; returns how to stop it. */
export function direct(editor: Editor, stage: Stage): () => void {
  const { store, tools, suggestions } = editor;
  const colorOf: ColorOf = (category, uid) => colorFor(editor, category, uid);
  const overlaps = new Overlaps(editor.boot.image);
  const claimed = claimer(editor);
  const open = () => stage.paint("open", openPainter(claimed(store.get()), tools.pointing.get(), colorOf));
  const takenNow = ({ open }: State) => (open && editor.panoptic.claimOf(open)?.taken) ?? NOTHING_TAKEN;
  let taken = NOTHING_TAKEN;
  const kept = () => {
    taken = takenNow(store.get());
    stage.paint("kept", comparedPainter(editor, keptPainter(asCompared(editor), colorOf, overlaps, taken), colorOf));
  };
  const suggested = () =>
    stage.paint("suggestions", foundPainter(suggestions.store.get(), store.get(), editor.boot.image, colorOf));
  const tool = () => {
    const pointed = pointedPainter(suggestions.store.get(), store.get(), (one) => colorOf(suggestions.classOf(one)));
    stage.paint("tool", toolPainter(store.get(), tools.pointing.get(), colorOf) ?? pointed);
  };
  open();
  kept();
  const stops = [
    store.watch((state, before) => {
      const differs = (...keys: (keyof State)[]) => keys.some((key) => state[key] !== before[key]);
      const chosen = differs("hovered", "selected", "selection", "marks", "display");
      const cut = takenNow(state);
      const cutsOther = cut !== taken && cut.length + taken.length > 0;
      if (chosen || cutsOther || differs("kept", "hidden", "project") || sources(state) !== sources(before)) kept();
      if (differs("open", "finishing", "display", "project")) open();
      else if (editor.panoptic.on && state.open && differs("kept", "marks", "yields")) open();
      if (differs("tool", "activeCategory") || !state.open !== !before.open) {
        suggested();
        tool();
      }
    }),
    suggestions.store.watch((state, before) => {
      if (state.shown !== before.shown || state.text !== before.text) suggested();
      if (["shown", "pointed", "given", "gathered"].some((key) => state[key as "shown"] !== before[key as "shown"]))
        tool();
      const stepped = state.stepped && state.pointed !== before.pointed ? pointedOf(state) : null;
      if (stepped) stage.reveal(stepped.patch.box);
    }),
    whenCompared(editor, kept),
    tools.pointing.watch((pointing, before) => {
      const grown = strokeGrown(pointing.sketch, before.sketch);
      if (grown) {
        const color = strokeColor(store.get(), grown.stroke, colorOf);
        const addition: Painter = (surface) => drawStroke(surface, grown.points, grown.stroke.size, color);
        stage.extend("open", openPainter(claimed(store.get()), pointing, colorOf), addition);
        return;
      }
      const kinds = [pointing.sketch?.kind, before.sketch?.kind];
      if (pointing.dot !== before.dot || kinds.some((kind) => kind === "stroke" || kind === "dot")) open();
      if (pointing.corners !== before.corners) tool();
      else if (kinds.some((kind) => kind === "outline" || kind === "box" || kind === "preview")) tool();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Calls `paint` when other labels are to be seen than those of now, or not any more. */
function whenCompared({ review }: Editor, paint: () => void): () => void {
  return review.store.watch((state, before) => {
    if ((["old", "comparison", "data"] as const).some((key) => state[key] !== before[key])) paint();
  });
}

/** The kept objects that are shown as open ones. */
function sources({ open, finishing }: State): string {
  return [open, ...finishing].map((work) => work?.source ?? "").join();
}

/** How much of a mask's filling is shown; `times` it stands out more than a kept one does. */
function filled({ fill, outlines }: State["display"], times = 1): number {
  return outlines ? 0 : strongerFill(fill, times);
}

const POINTED = 2.2;
const OPEN = 1.3;

/** Kept objects, without what the open one takes from them. */
function keptPainter(state: State, colorOf: ColorOf, overlaps: Overlaps, taken: Claim["taken"]): Painter {
  if (state.hidden) return () => {};
  const left = new Map(taken.map((one) => [one.uid, one.left]));
  const { display, marks, hovered, selected } = state;
  const chosen = new Set(state.selection);
  const inWork = new Set([state.open, ...state.finishing].map((work) => work?.source));
  const shown = state.kept.filter(({ uid }) => !inWork.has(uid) && isShown(marks, uid));
  const shared = display.overlaps ? overlaps.of(shown.map(({ patch }) => patch)).patch : EMPTY;
  return (surface) => {
    for (const { uid, category, patch } of shown) {
      const pointed = uid === hovered || uid === selected || chosen.has(uid);
      const line = pointed ? 2.25 : 1.25;
      const fill = filled(display, pointed ? POINTED : 1);
      drawMask(surface, left.get(uid) ?? patch, { color: colorOf(category, uid), fill, line, bright: pointed });
    }
    drawHatch(surface, shared);
  };
}

/** The state to show the open object in: its mask as it would be kept, and what it does not get. */
type Claimed = State & { readonly claimed: { readonly mask: Patch; readonly denied: Patch } | null };

function claimer(editor: Editor): (state: State) => Claimed {
  const { height } = editor.boot.image;
  return (state) => {
    const found = state.open && editor.panoptic.claimOf(state.open);
    if (!found || found.denied === 0) return { ...state, claimed: null };
    const all = spansOfPatch(state.open.mask, height);
    const denied = patchOf(subtract(all, spansOfPatch(found.mask, height)), height);
    return { ...state, claimed: { mask: found.mask, denied } };
  };
}

function openPainter(state: Claimed, { sketch, dot }: Pointing, colorOf: ColorOf): Painter {
  const { open, finishing, display, claimed } = state;
  const fill = filled(display, OPEN);
  return (surface) => {
    if (open) {
      const color = colorOf(recipeOf(open).category, open.source ?? open.uid);
      drawMask(surface, claimed?.mask ?? open.mask, { color, fill, line: 1.75, bright: true });
      if (claimed) drawHatch(surface, claimed.denied);
    }
    if (sketch?.kind === "stroke") {
      drawStroke(surface, sketch.points, sketch.size, strokeColor(state, sketch, colorOf));
    }
    for (const work of finishing) {
      const color = colorOf(recipeOf(work).category, work.source ?? work.uid);
      drawMask(surface, work.mask, { color, fill, line: 1.75, bright: false });
    }
    const moved = sketch?.kind === "dot" ? sketch : null;
    if (open) drawDots(surface, open, moved?.index ?? dot, moved?.at ?? null);
  };
}

/** The points that a stroke has more than before, from the last one that is painted on; null: it is to be painted anew. */
function strokeGrown(now: Sketch | null, before: Sketch | null): { stroke: StrokeSketch; points: Point[] } | null {
  if (now?.kind !== "stroke" || before?.kind !== "stroke") return null;
  if (now.points !== before.points || now.count <= before.count) return null;
  return { stroke: now, points: now.points.slice(before.count - 1, now.count) };
}

function strokeColor(state: State, { adding }: StrokeSketch, colorOf: ColorOf): string | null {
  return adding ? colorOf(state.open ? recipeOf(state.open).category : state.activeCategory) : null;
}

/** The clicks of the open object; the pointed one stands out, and follows the pointer while it is dragged. */
function drawDots(surface: Surface, work: Work, pointed: number | null, at: Point | null): void {
  const clicks = clicksOf(work);
  const answered = isSettled(work) ? clicks.length : clicks.length - 1;
  clicks.forEach((click, index) => {
    const shown = index === pointed && at ? { ...click, ...at } : click;
    drawClick(surface, shown, { answered: index < answered, pointed: index === pointed });
  });
}

function toolPainter(state: State, { sketch, corners }: Pointing, colorOf: ColorOf): Painter | null {
  switch (sketch?.kind) {
    case "outline":
      return (surface) => {
        drawOutline(surface, sketch.points, sketch.closes, sketch.adding);
        for (const corner of corners) drawCorner(surface, corner);
      };
    case "box": {
      const { from, to } = sketch;
      const corners = [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
      return (surface) => drawOutline(surface, corners, true, true);
    }
    case "preview": {
      const look = { color: colorOf(state.activeCategory), fill: 0.25, line: 1, bright: true };
      return (surface) => drawMask(surface, sketch.patch, look);
    }
    default:
      return corners.length > 0 ? (surface) => corners.forEach((corner) => drawCorner(surface, corner)) : null;
  }
}
