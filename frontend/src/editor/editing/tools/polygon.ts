/** The polygon tool: one press adds a corner; the polygon is in progress until it is closed or cancelled. */

import type { Point } from "../../lib/geometry";
import { polygon } from "../../mask/shapes";
import type { ToolContext } from "./context";
import type { Press } from "./types";

export class PolygonTool {
  private corners: Point[] = [];
  private adding = true;

  constructor(private readonly context: ToolContext) {}

  get busy(): boolean {
    return this.corners.length > 0;
  }

  press({ at, twice, reach }: Press, adding: boolean): void {
    if (!this.busy) this.adding = adding;
    if (twice || this.closes(at, reach)) {
      this.finish();
      return;
    }
    this.corners.push(at);
    this.show(at, reach);
  }

  /** Close it; false when there is none. */
  finish(): boolean {
    if (!this.busy) return false;
    const { corners, adding, context } = this;
    this.abandon();
    if (corners.length >= 3) {
      context.target.paint(adding ? "add" : "cut", polygon(corners, context.view), adding, corners[0]!);
    }
    return true;
  }

  /** Take the last corner back; false when there is none. `pointer` is where the pointer is. */
  back(pointer: Point | null): boolean {
    if (!this.busy) return false;
    this.corners.pop();
    const last = this.corners.at(-1);
    if (last) this.show(pointer ?? last, 0);
    else this.abandon();
    return true;
  }

  /** Drop it; false when there is none. */
  abandon(): boolean {
    const { busy } = this;
    this.corners = [];
    this.context.sketch(null);
    return busy;
  }

  /** Show it with the pointer at a place. */
  show(at: Point, reach: number): void {
    const closes = this.closes(at, reach);
    const points = closes ? this.corners : [...this.corners, at];
    this.context.sketch({ kind: "outline", points, adding: this.adding, closes });
  }

  private closes({ x, y }: Point, reach: number): boolean {
    const first = this.corners[0];
    return this.corners.length >= 3 && !!first && Math.hypot(x - first.x, y - first.y) <= reach;
  }
}
