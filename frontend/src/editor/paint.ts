/** How masks and clicks look. Everything is vector along pixel edges: no canvas per object, sharp at every zoom. */

import { outline, soften, thin, type Loop } from "./outline";
import type { Click } from "./object";
import type { Patch } from "./rle";
import { toScreen, type Viewport } from "./viewport";

export interface MaskLook {
  readonly color: string;
  /** Opacity of the filling, 0–1. */
  readonly fill: number;
  /** Width of the coloured line in CSS pixels; its dark edge adds 2. */
  readonly line: number;
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

/** Draws a mask; `ratio` is device pixels per CSS pixel. */
export function drawMask(
  context: CanvasRenderingContext2D,
  patch: Patch,
  look: MaskLook,
  viewport: Viewport,
  ratio: number,
): void {
  if (patch.runs.length === 0) return;
  const { scale, x, y } = viewport;
  const path = pathOf(patch, scale * ratio);
  context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
  context.globalAlpha = look.fill;
  context.fillStyle = look.color;
  context.fill(path, "evenodd");
  context.globalAlpha = 1;
  context.lineJoin = "round";
  context.strokeStyle = DARK_EDGE;
  context.lineWidth = (look.line + 2) / scale;
  context.stroke(path);
  context.strokeStyle = look.bright ? "#ffffff" : look.color;
  context.lineWidth = look.line / scale;
  context.stroke(path);
}

/** Draws a click: green with a plus or red with a minus, ringed in white and dark so that it shows on any photograph. */
export function drawClick(
  context: CanvasRenderingContext2D,
  click: Click,
  viewport: Viewport,
  ratio: number,
  answered: boolean,
): void {
  const { x, y } = toScreen(viewport, click);
  context.setTransform(ratio, 0, 0, ratio, x * ratio, y * ratio);
  const disc = (radius: number, color: string) => {
    context.fillStyle = color;
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.fill();
  };
  disc(DOT_RADIUS + 1, DARK_EDGE);
  disc(DOT_RADIUS, "#ffffff");
  disc(DOT_RADIUS - 1.5, click.positive ? "#15803d" : "#d42a2a");
  context.globalAlpha = answered ? 1 : 0.45;
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(-2.5, 0);
  context.lineTo(2.5, 0);
  if (click.positive) {
    context.moveTo(0, -2.5);
    context.lineTo(0, 2.5);
  }
  context.stroke();
  context.globalAlpha = 1;
}
