/** The box tool: a drag makes a box, a press without a drag is a click. The tool stays selected. */

import type { Drag } from "../../view/pointer";
import type { ClickTool } from "./click";
import type { ToolContext } from "./context";
import type { Press } from "./types";

/** Where both sides are shorter it was a click; where only one is, it was nothing. */
const SMALLEST_BOX = 3;

export class BoxTool {
  constructor(
    private readonly context: ToolContext,
    private readonly clicking: ClickTool,
  ) {}

  press(press: Press): Drag | null {
    const { context, clicking } = this;
    const { at: from, secondary } = press;
    if (clicking.reopens(press)) return null;
    if (secondary || context.dotAt(from, press.reach) !== null) return clicking.press(press);
    let to = from;
    return {
      move: (place) => {
        to = place;
        context.sketch({ kind: "box", from: context.inside(from), to: context.inside(to) });
      },
      end: () => {
        context.sketch(null);
        const [one, other] = [context.inside(from), context.inside(to)];
        const [x0, y0] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
        const [x1, y1] = [Math.max(one.x, other.x), Math.max(one.y, other.y)];
        if (Math.max(x1 - x0, y1 - y0) < SMALLEST_BOX) clicking.press(press);
        else if (Math.min(x1 - x0, y1 - y0) >= SMALLEST_BOX) context.target.box([x0, y0, x1, y1]);
      },
      cancel: () => context.sketch(null),
    };
  }
}
