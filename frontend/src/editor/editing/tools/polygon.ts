/** The polygon tool: one press adds a corner; the polygon is in progress until it is closed or cancelled.
 *
 * Corners can be dragged: while it is in progress, and after it was closed until something else is done or it is kept.
 */

import type { Point } from "../../lib/geometry";
import { polygon } from "../../mask/shapes";
import type { Step } from "../../model/work";
import type { Drag } from "../../view/pointer";
import type { ToolContext } from "./context";
import type { Press } from "./types";

/** The polygon that was closed last, and the steps of the open object of which it is the last one. */
interface Closed {
  readonly corners: readonly Point[];
  readonly adding: boolean;
  readonly steps: readonly Step[];
}

export class PolygonTool {
  private corners: Point[] = [];
  private adding = true;
  private closed: Closed | null = null;
  /** The closed polygon is being drawn: the open object changes by that. */
  private painting = false;

  constructor(private readonly context: ToolContext) {}

  get busy(): boolean {
    return this.corners.length > 0;
  }

  press({ at, twice, reach }: Press, adding: boolean): Drag | null {
    if (!this.busy) {
      const corner = this.closed && cornerAt(this.closed.corners, at, reach);
      if (corner !== null && !twice) return this.dragClosed(corner);
      this.adding = adding;
    }
    if (twice || this.closes(at, reach)) {
      this.finish();
      return null;
    }
    const corner = cornerAt(this.corners, at, reach);
    if (corner !== null) return this.dragCorner(corner, reach);
    this.corners.push(at);
    this.show(at, reach);
    return null;
  }

  /** Close it; false when there is none. */
  finish(): boolean {
    if (!this.busy) return false;
    const { corners, adding } = this;
    this.abandon();
    if (corners.length >= 3) this.paint(corners, adding, false);
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
    this.closed = null;
    this.context.pointing.set({ sketch: null, corners: [] });
    return busy;
  }

  /** Something else was done: the corners of the closed polygon can't be dragged any more. */
  forgetClosed(): void {
    if (!this.closed || this.painting) return;
    const { open, tool } = this.context.state;
    if (tool === "polygon" && open?.steps === this.closed.steps && open.at === open.steps.length - 1) return;
    this.closed = null;
    if (!this.busy) this.context.pointing.set({ corners: [] });
  }

  /** Show it with the pointer at a place. */
  show(at: Point, reach: number): void {
    const closes = this.closes(at, reach);
    const points = closes ? this.corners : [...this.corners, at];
    const sketch = { kind: "outline", points, adding: this.adding, closes } as const;
    this.context.pointing.set({ sketch, corners: [...this.corners] });
  }

  private paint(corners: readonly Point[], adding: boolean, again: boolean): void {
    const { context } = this;
    const [did, region] = [adding ? "add" : "cut", polygon(corners, context.view)] as const;
    this.painting = true;
    if (again) context.target.repaint(did, region, adding);
    else context.target.paint(did, region, adding, corners[0]!);
    this.painting = false;
    const { open } = context.state;
    this.closed = open?.steps[open.at]?.did === did ? { corners, adding, steps: open.steps } : null;
    context.pointing.set({ corners: this.closed?.corners ?? [] });
  }

  private dragCorner(index: number, reach: number): Drag {
    const before = this.corners;
    const move = (to: Point) => {
      this.corners = moved(before, index, this.context.inside(to));
      this.show(this.corners.at(-1)!, 0);
    };
    return { move, end: () => this.show(this.corners.at(-1)!, reach / 2), cancel: () => (this.corners = before) };
  }

  private dragClosed(index: number): Drag {
    const { corners: before, adding } = this.closed!;
    let corners = before;
    return {
      move: (to) => {
        corners = moved(before, index, this.context.inside(to));
        const sketch = { kind: "outline", points: corners, adding, closes: true } as const;
        this.context.pointing.set({ sketch, corners });
      },
      end: () => {
        this.context.sketch(null);
        if (corners !== before) this.paint(corners, adding, true);
      },
      cancel: () => this.context.pointing.set({ sketch: null, corners: before }),
    };
  }

  private closes({ x, y }: Point, reach: number): boolean {
    const first = this.corners[0];
    return this.corners.length >= 3 && !!first && Math.hypot(x - first.x, y - first.y) <= reach;
  }
}

function moved(corners: readonly Point[], index: number, to: Point): Point[] {
  return corners.map((corner, at) => (at === index ? to : corner));
}

/** The corner at a place; null for none. */
function cornerAt(corners: readonly Point[], { x, y }: Point, reach: number): number | null {
  const found = corners.findLastIndex((corner) => Math.hypot(corner.x - x, corner.y - y) <= reach);
  return found < 0 ? null : found;
}
