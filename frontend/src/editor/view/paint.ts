/** Draws masks and clicks. Everything is vector graphics along pixel edges: sharp at every zoom, no canvas per object.
 *
 * Which colour a mask gets is said in panels/scene.ts; the colours of classes come from labeling/projects/palette.py.
 */

import type { Point, Size } from "../lib/geometry";
import { outline, soften, thin, type Loop } from "../mask/outline";
import type { Patch } from "../mask/rle";
import type { Click } from "../model/clicks";
import type { Surface } from "./canvas";
import { toScreen } from "./viewport";

export interface ProposalLook {
  readonly color: string;
  /** Opacity of the filling, 0–1. */
  readonly fill: number;
  /** Width of the coloured line in CSS pixels; its dark edge goes beyond it. */
  readonly line: number;
}

export interface MaskLook extends ProposalLook {
  /** A white line instead of a coloured one: what is being worked on. */
  readonly bright: boolean;
}

const DARK_EDGE = "rgb(8 10 14 / 70%)";
const DOT_RADIUS = 6.5;

interface Traced {
  loops: Loop[];
  paths: Map<number, Path2D>;
}

const traced = new WeakMap<Patch, Traced>();

/** From this many device pixels a picture pixel on, outlines show every pixel's corner. */
const EXACT_FROM = 6;

/** The mask's outline as a path in view pixels, with no more corners than can be seen at `density` device pixels each. */
function pathOf(patch: Patch, density: number): Path2D {
  let known = traced.get(patch);
  if (!known) traced.set(patch, (known = { loops: outline(patch), paths: new Map() }));
  // Levels of detail: exact, softened, and then thinner with each halving.
  const level = density >= EXACT_FROM ? -1 : Math.max(0, Math.ceil(Math.log2(1 / density)));
  let path = known.paths.get(level);
  if (!path) known.paths.set(level, (path = trace(known.loops, level)));
  return path;
}

function trace(loops: readonly Loop[], level: number): Path2D {
  const path = new Path2D();
  for (const loop of loops) {
    const corners = level < 0 ? loop : thin(soften(loop), level === 0 ? 0 : 2 ** (level - 1));
    path.moveTo(corners[0]!, corners[1]!);
    for (let index = 2; index < corners.length; index += 2) path.lineTo(corners[index]!, corners[index + 1]!);
    path.closePath();
  }
  return path;
}

/** Everything after it is in pixels of the view; a width in CSS pixels is divided by the scale. */
function inView({ context, viewport: { scale, x, y }, ratio }: Surface): void {
  context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
}

/** Whether any of the mask's box is on the screen. */
export function isInSight({ box: [x, y, width, height] }: Patch, { viewport, screen }: Surface): boolean {
  const { scale, x: dx, y: dy } = viewport;
  return (
    (x + width) * scale + dx >= 0 &&
    (y + height) * scale + dy >= 0 &&
    x * scale + dx <= screen.width &&
    y * scale + dy <= screen.height
  );
}

/** The filled region with a dark edge `edge` wider than the line that goes on it; null where there is nothing to see. */
function fillRegion(surface: Surface, patch: Patch, look: ProposalLook, edge: number): Path2D | null {
  if (patch.runs.length === 0 || !isInSight(patch, surface)) return null;
  const { context, ratio } = surface;
  const { scale } = surface.viewport;
  const path = pathOf(patch, scale * ratio);
  inView(surface);
  context.globalAlpha = look.fill;
  context.fillStyle = look.color;
  if (look.fill > 0) context.fill(path, "evenodd");
  context.globalAlpha = 1;
  context.lineJoin = "round";
  context.strokeStyle = DARK_EDGE;
  context.lineWidth = (look.line + edge) / scale;
  context.stroke(path);
  context.lineWidth = look.line / scale;
  return path;
}

export function drawMask(surface: Surface, patch: Patch, look: MaskLook): void {
  const path = fillRegion(surface, patch, look, 2);
  if (!path) return;
  surface.context.strokeStyle = look.bright ? "#ffffff" : look.color;
  surface.context.stroke(path);
}

/** A mask that is no label yet: a dashed outline, never as solid as what is kept. */
export function drawProposal(surface: Surface, patch: Patch, look: ProposalLook): void {
  const path = fillRegion(surface, patch, look, 1.25);
  if (!path) return;
  const { context, viewport } = surface;
  context.setLineDash([6 / viewport.scale, 4 / viewport.scale]);
  context.strokeStyle = look.color;
  context.stroke(path);
  context.setLineDash([]);
}

/** A picture over the whole view whose pixels are `cell` pixels of the view; what reaches over the edge is cut off. */
export function drawOver(surface: Surface, picture: CanvasImageSource, size: Size, cell: Size, view: Size): void {
  const { context } = surface;
  inView(surface);
  context.save();
  context.beginPath();
  context.rect(0, 0, view.width, view.height);
  context.clip();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, size.width * cell.width, size.height * cell.height);
  context.restore();
}

let hatching: CanvasPattern | null = null;

/** Diagonal lines over a region, the same on the screen at every zoom: what belongs to two objects, or to others. */
export function drawHatch(surface: Surface, patch: Patch): void {
  if (patch.runs.length === 0 || !isInSight(patch, surface)) return;
  const { context, viewport, ratio } = surface;
  hatching ??= context.createPattern(hatchTile(), "repeat");
  if (!hatching) return;
  const { scale, x, y } = viewport;
  // The pattern is laid in the picture's pixels: undo their size, and go with the picture.
  hatching.setTransform(new DOMMatrix([1 / (scale * ratio), 0, 0, 1 / (scale * ratio), -x / scale, -y / scale]));
  inView(surface);
  context.fillStyle = hatching;
  context.fill(pathOf(patch, scale * ratio), "evenodd");
}

const HATCH = 10;

function hatchTile(): HTMLCanvasElement {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH;
  const context = tile.getContext("2d")!;
  for (const [color, width] of [
    ["rgb(8 10 14 / 40%)", 2.5],
    ["rgb(255 255 255 / 80%)", 1],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (const shift of [-HATCH, 0, HATCH]) {
      context.moveTo(shift - 2, HATCH + 2);
      context.lineTo(shift + HATCH + 2, -2);
    }
    context.stroke();
  }
  return tile;
}

/** A brush stroke in progress, over the mask: in its colour, or as a hole in it. */
export function drawStroke(surface: Surface, points: readonly Point[], size: number, color: string | null): void {
  const { context } = surface;
  inView(surface);
  const path = new Path2D();
  points.forEach(({ x, y }, index) => (index === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  if (points.length === 1) path.lineTo(points[0]!.x + 0.01, points[0]!.y); // a line has round ends, a point has nothing
  context.lineWidth = size;
  context.lineCap = context.lineJoin = "round";
  context.globalCompositeOperation = "destination-out";
  context.strokeStyle = "#000000";
  context.stroke(path);
  context.globalCompositeOperation = "source-over";
  if (color) {
    context.globalAlpha = 0.55;
    context.strokeStyle = color;
    context.stroke(path);
    context.globalAlpha = 1;
  }
  context.lineCap = "butt";
}

/** A line being drawn, dashed so that it shows on everything: a lasso, a polygon, a box. */
export function drawOutline(surface: Surface, points: readonly Point[], closed: boolean, adding: boolean): void {
  const { context, viewport, ratio } = surface;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const path = new Path2D();
  points
    .map((point) => toScreen(viewport, point))
    .forEach(({ x, y }, index) => (index === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  if (closed) path.closePath();
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.strokeStyle = DARK_EDGE;
  context.stroke(path);
  context.setLineDash([5, 4]);
  context.strokeStyle = adding ? "#ffffff" : "#ff9a92";
  context.stroke(path);
  context.setLineDash([]);
}

/** The first corner of a polygon, where it is closed. */
export function drawCorner(surface: Surface, point: Point): void {
  const { context, viewport, ratio } = surface;
  const { x, y } = toScreen(viewport, point);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#ffffff";
  context.strokeStyle = DARK_EDGE;
  context.lineWidth = 1;
  context.fillRect(x - 3.5, y - 3.5, 7, 7);
  context.strokeRect(x - 3.5, y - 3.5, 7, 7);
}

export interface DotLook {
  readonly answered: boolean;
  /** Under the pointer. */
  readonly pointed: boolean;
}

/** Draws a click: green with a plus or red with a minus, ringed in white and dark so that it shows on any photograph. */
export function drawClick(surface: Surface, { x, y, positive }: Click, { answered, pointed }: DotLook): void {
  const { context, ratio, viewport } = surface;
  const place = toScreen(viewport, { x, y });
  const scale = pointed ? 1.25 * ratio : ratio;
  context.setTransform(scale, 0, 0, scale, place.x * ratio, place.y * ratio);
  const disc = (radius: number, color: string) => {
    context.fillStyle = color;
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.fill();
  };
  disc(DOT_RADIUS + 1, DARK_EDGE);
  disc(DOT_RADIUS, "#ffffff");
  disc(DOT_RADIUS - 1.5, positive ? "#15803d" : "#d42a2a");
  context.globalAlpha = answered ? 1 : 0.45;
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(-2.5, 0);
  context.lineTo(2.5, 0);
  if (positive) {
    context.moveTo(0, -2.5);
    context.lineTo(0, 2.5);
  }
  context.stroke();
  context.globalAlpha = 1;
}
