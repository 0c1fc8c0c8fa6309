/** The click tool: adds and removes areas, moves and deletes clicks; a double click opens a kept object. */

import type { Step } from "../../model/work";
import type { Drag } from "../../view/pointer";
import type { ToolContext } from "./context";
import type { Press } from "./types";

export class ClickTool {
  /** The open object's steps before the last press; of a double click, before its first one. */
  private stepsBefore: readonly Step[] | null = null;

  constructor(private readonly context: ToolContext) {}

  /** A press of any tool begins. */
  remember({ twice }: Press): void {
    if (!twice) this.stepsBefore = this.context.state.open?.steps ?? null;
  }

  press(press: Press): Drag | null {
    const { context } = this;
    const { at, secondary, shift, reach } = press;
    const { cutting } = context.state;
    if (this.reopens(press)) return null;
    const index = context.dotAt(at, reach);
    if (index === null) {
      context.target.click(at, cutting === (secondary || shift));
      return null;
    }
    if (secondary || cutting) {
      context.pointing.set({ dot: null });
      context.target.removeClick(index);
      return null;
    }
    return this.dragDot(press, index);
  }

  /** The second press of a double click on a kept object; it comes before the dot that the first one has made. */
  reopens({ at, secondary, shift, twice }: Press): boolean {
    if (!twice || secondary || shift) return false;
    const { open } = this.context.state;
    return this.context.target.reopenAt(at, open !== null && open.steps !== this.stepsBefore);
  }

  /** Delete the click under the pointer; false when there is none. */
  removeDot(): boolean {
    const { dot } = this.context.pointing.get();
    if (dot === null) return false;
    this.context.target.removeClick(dot);
    this.context.pointing.set({ dot: null });
    return true;
  }

  private dragDot({ at, reach }: Press, index: number): Drag {
    const { context } = this;
    let to = at;
    return {
      move: (place) => {
        to = place;
        context.sketch({ kind: "dot", index, at: context.inside(place) });
      },
      end: () => {
        context.sketch(null);
        if (Math.hypot(to.x - at.x, to.y - at.y) > reach / 4) context.target.moveClick(index, context.inside(to));
      },
      cancel: () => context.sketch(null),
    };
  }
}
