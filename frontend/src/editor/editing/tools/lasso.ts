/** The lasso: the area that a drag encloses. */

import { polygon } from "../../mask/shapes";
import type { Drag } from "../../view/pointer";
import type { ToolContext } from "./context";
import type { Press } from "./types";

/** No more corners than this many pixels apart. */
const STEP = 0.25;

export class LassoTool {
  constructor(private readonly context: ToolContext) {}

  press({ at }: Press, adding: boolean): Drag {
    const { context } = this;
    const points = [at];
    return {
      move: (place) => {
        if (Math.hypot(place.x - points.at(-1)!.x, place.y - points.at(-1)!.y) < STEP) return;
        points.push(place);
        context.sketch({ kind: "outline", points, adding, closes: true });
      },
      end: () => {
        context.target.paint(adding ? "add" : "cut", polygon(points, context.view), adding, at);
        context.sketch(null);
      },
      cancel: () => context.sketch(null),
    };
  }
}
