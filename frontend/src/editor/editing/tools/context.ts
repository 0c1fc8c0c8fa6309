/** What every tool uses: the state, the picture's size, the sketch, and the actions on objects. */

import type { Point, Size } from "../../lib/geometry";
import type { Store } from "../../lib/store";
import { clicksOf } from "../../model/work";
import type { State } from "../../state";
import type { Pointing, Sketch, Target } from "./types";

export class ToolContext {
  constructor(
    readonly store: Store<State>,
    readonly pointing: Store<Pointing>,
    readonly target: Target,
    readonly view: Size,
  ) {}

  get state(): State {
    return this.store.get();
  }

  sketch(sketch: Sketch | null): void {
    this.pointing.set({ sketch });
  }

  /** The nearest place inside of the picture. */
  inside({ x, y }: Point): Point {
    const { width, height } = this.view;
    return { x: Math.min(Math.max(x, 0), width - 0.25), y: Math.min(Math.max(y, 0), height - 0.25) };
  }

  /** Whether a press is a click for an object: while suggestions are shown, only for one that is open. */
  get clicks(): boolean {
    const { tool, open } = this.state;
    return tool === "click" || tool === "box" || (tool === "suggest" && open !== null);
  }

  /** The index of the open object's click at a place; null for none. */
  dotAt({ x, y }: Point, reach: number): number | null {
    const { open } = this.state;
    if (!open || !this.clicks || open.trial) return null;
    const found = clicksOf(open).findLastIndex((click) => Math.hypot(click.x - x, click.y - y) <= reach);
    return found < 0 ? null : found;
  }
}
