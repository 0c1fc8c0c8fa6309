/** The types of tools: their events, what they show, and what they do to objects. */

import type { Point } from "../../lib/geometry";
import type { Patch } from "../../mask/rle";
import type { Spans } from "../../mask/spans";
import type { Did } from "../../model/work";
import type { PromptBox } from "../../server/protocol";
import type { Drag } from "../../view/pointer";

export interface StrokeSketch {
  readonly kind: "stroke";
  /** Grows while the stroke does; `count` are there now. */
  readonly points: readonly Point[];
  readonly count: number;
  readonly size: number;
  readonly adding: boolean;
}

/** A gesture in progress: shown, but not yet a step of any object. */
export type Sketch =
  | StrokeSketch
  | { readonly kind: "outline"; readonly points: readonly Point[]; readonly adding: boolean; readonly closes: boolean }
  | { readonly kind: "box"; readonly from: Point; readonly to: Point }
  | { readonly kind: "dot"; readonly index: number; readonly at: Point }
  | { readonly kind: "preview"; readonly patch: Patch };

/** What changes with every movement of the pointer; apart from the state, which every panel watches. */
export interface Pointing {
  readonly sketch: Sketch | null;
  /** The click under the pointer. */
  readonly dot: number | null;
  /** Corners of a polygon that can be dragged: those in progress, or of the one that was closed last. */
  readonly corners: readonly Point[];
}

/** Places are in pixels of the picture. */
export interface Press {
  readonly at: Point;
  /** The right button, or a modifier that stands for it. */
  readonly secondary: boolean;
  readonly shift: boolean;
  /** The second press of a double click. */
  readonly twice: boolean;
  /** How near a dot or corner counts as on it. */
  readonly reach: number;
}

/** What the tools do to objects. */
export interface Target {
  click(at: Point, positive: boolean): void;
  /** A double click: opens the kept object there; false when there is none to open.
   * `clicked`: its first press was a click for an object, which is taken back then. */
  reopenAt(at: Point, clicked: boolean): boolean;
  moveClick(index: number, to: Point): void;
  removeClick(index: number): void;
  box(box: PromptBox): void;
  /** `from` is where it began: what it is cut off when nothing is open. */
  paint(did: Did, region: Spans, adding: boolean, from: Point): void;
  /** The region that was drawn last is another one. */
  repaint(did: Did, region: Spans, adding: boolean): void;
}

/** What the pointer is about while suggestions are shown. */
export interface SuggestionTarget {
  press(press: Press): Drag | null;
  hover(at: Point | null): void;
}
