/** Brush and eraser: a stroke of a round brush. */

import type { Point, Size } from "../../lib/geometry";
import { seat, stroke } from "../../mask/shapes";
import type { Drag } from "../../view/pointer";
import type { ToolContext } from "./context";
import type { Press } from "./types";

/** Diameters, view pixels. */
const SIZES = [
  1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1000,
  1280, 1600, 2000, 2560, 3200,
];
const LARGEST = { anywhere: 512, share: 1 / 6 };

/** The sizes that a brush may have on a picture: on a large one also larger ones. */
export function brushSizes({ width, height }: Size): readonly number[] {
  const largest = Math.max(LARGEST.anywhere, LARGEST.share * Math.max(width, height));
  return SIZES.filter((size) => size <= largest);
}

export class BrushTool {
  private strokeEnd: { point: Point; uid: string | null } | null = null;

  constructor(private readonly context: ToolContext) {}

  /** With Shift in a straight line: from where the last stroke ended, or from here. */
  press({ at, shift }: Press, adding: boolean): Drag {
    const { context } = this;
    const { brush: size, open } = context.state;
    const last = this.strokeEnd;
    const before = last && last.uid === (open?.uid ?? null) ? last.point : undefined;
    const points = shift && before ? [before, at] : [at];
    let straightFrom = shift ? points.length - 1 : null; // the last point that stays while Shift is held
    if (shift && before) straightFrom = 0;
    const show = () => context.sketch({ kind: "stroke", points, count: points.length, size, adding });
    show();
    return {
      move: (place, straight) => {
        if (!straight) straightFrom = null;
        else straightFrom ??= points.length - 1;
        if (straightFrom !== null) points.length = straightFrom + 1;
        else if (isSamePoint(seat(place, size), seat(points.at(-1)!, size))) return;
        points.push(place);
        show();
      },
      end: () => {
        const region = stroke(points, size, context.view);
        context.target.paint(adding ? "brush" : "erase", region, adding, points[0]!);
        this.strokeEnd = { point: points.at(-1)!, uid: context.state.open?.uid ?? null };
        context.sketch(null);
      },
      cancel: () => context.sketch(null),
    };
  }
}

function isSamePoint(one: Point, other: Point): boolean {
  return one.x === other.x && one.y === other.y;
}
