/** What the pointer does in each tool. A gesture in progress is a *sketch*: shown, but not yet a step of any object. */

import type { Point, Size } from "../../lib/geometry";
import type { Store } from "../../lib/store";
import type { Patch } from "../../mask/rle";
import { polygon, seat, stroke } from "../../mask/shapes";
import type { Spans } from "../../mask/spans";
import { clickAt, isInside } from "../../model/clicks";
import { clicksOf, type Did, type Step } from "../../model/work";
import type { PromptBox } from "../../server/protocol";
import type { State, Tool } from "../../state";
import type { Drag } from "../../view/pointer";
import type { Preview } from "../preview";

export interface StrokeSketch {
  readonly kind: "stroke";
  /** Grows while the stroke does; `count` are there now. */
  readonly points: readonly Point[];
  readonly count: number;
  readonly size: number;
  readonly adding: boolean;
}

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
  /** What the pointer is about while suggestions are shown. */
  readonly suggestions: { press(press: Press): Drag | null; hover(at: Point | null): void };
}

/** Diameters, view pixels. */
const BRUSHES = [
  1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1000,
  1280, 1600, 2000, 2560, 3200,
];
const LARGEST_BRUSH = { anywhere: 512, share: 1 / 6 };
/** A lasso needs no more corners than this many pixels apart. */
const LASSO_STEP = 0.25;
/** Where both sides are shorter it was a click; where only one is, it was nothing. */
const SMALLEST_BOX = 3;

export class Toolbox {
  private corners: Point[] = [];
  private adding = true;
  private strokeEnd: { point: Point; uid: string | null } | null = null;
  private pointer: Point | null = null;
  private peeking = false;
  /** The open object's steps before the last press; of a double click, before its first one. */
  private stepsBefore: readonly Step[] | null = null;

  /** The sizes that a brush may have here: on a large image also larger ones. */
  readonly brushes: readonly number[];

  constructor(
    private readonly store: Store<State>,
    readonly pointing: Store<Pointing>,
    private readonly target: Target,
    private readonly preview: Preview,
    private readonly view: Size,
  ) {
    const largest = Math.max(LARGEST_BRUSH.anywhere, LARGEST_BRUSH.share * Math.max(view.width, view.height));
    this.brushes = BRUSHES.filter((size) => size <= largest);
    store.watch((state, before) => state.open !== before.open && this.look());
  }

  choose(tool: Tool): void {
    this.abandon();
    this.store.set({ tool, ...(tool === "click" && { cutting: false }) });
  }

  resize(steps: number): void {
    const { brush } = this.store.get();
    const nearest = this.brushes.findLastIndex((size) => size <= brush);
    this.store.set({ brush: this.brushes[Math.min(this.brushes.length - 1, Math.max(0, nearest + steps))]! });
  }

  /** Whether one finger draws, rather than moves the picture. */
  get draws(): boolean {
    const { tool } = this.store.get();
    return tool !== "click" && tool !== "suggest";
  }

  /** Whether a press is a click for an object: while suggestions are shown, only for one that is open. */
  private get clicks(): boolean {
    const { tool, open } = this.store.get();
    return tool === "click" || tool === "box" || (tool === "suggest" && open !== null);
  }

  press(press: Press): Drag | null {
    const { tool, cutting } = this.store.get();
    this.preview.at(null);
    if (!press.twice) this.stepsBefore = this.store.get().open?.steps ?? null;
    switch (tool) {
      case "click":
        return this.pressClick(press);
      case "suggest":
        return this.clicks ? this.pressClick(press) : this.target.suggestions.press(press);
      case "box":
        return this.dragBox(press);
      case "brush":
      case "eraser":
        return this.dragBrush(press, (tool === "brush") !== press.secondary);
      case "lasso":
        return this.dragLasso(press, cutting === press.secondary);
      case "polygon":
        this.pressPolygon(press, cutting === press.secondary);
        return null;
    }
  }

  /** The pointer is over a place without a button; null: it left. */
  hover(at: Point | null, reach: number): void {
    this.pointer = at;
    const dot = at ? this.dotAt(at, reach) : null;
    if (this.pointing.get().dot !== dot) this.pointing.set({ dot });
    if (this.corners.length > 0 && at) this.sketchPolygon(at, reach);
    this.target.suggestions.hover(at);
    this.look();
  }

  /** Show what a click here would select, while `on`. */
  peek(on: boolean): void {
    this.peeking = on;
    this.look();
  }

  /** Close the polygon in progress; false when there is none. */
  finish(): boolean {
    if (this.corners.length === 0) return false;
    const [corners, adding] = [this.corners, this.adding];
    this.abandon();
    if (corners.length >= 3) {
      this.target.paint(adding ? "add" : "cut", polygon(corners, this.view), adding, corners[0]!);
    }
    return true;
  }

  /** Whether a polygon is in progress. */
  get busy(): boolean {
    return this.corners.length > 0;
  }

  /** Take the polygon's last corner back; false when there is none. */
  back(): boolean {
    if (this.corners.length === 0) return false;
    this.corners.pop();
    if (this.corners.length === 0) this.abandon();
    else this.sketchPolygon(this.pointer ?? this.corners.at(-1)!, 0);
    return true;
  }

  /** Drop what is in progress; false when nothing is. */
  abandon(): boolean {
    const busy = this.corners.length > 0;
    this.corners = [];
    this.sketch(null);
    return busy;
  }

  /** Delete the click under the pointer; false when there is none. */
  removeDot(): boolean {
    const { dot } = this.pointing.get();
    if (dot === null) return false;
    this.target.removeClick(dot);
    this.pointing.set({ dot: null });
    return true;
  }

  private pressClick(press: Press): Drag | null {
    const { at, secondary, shift, reach } = press;
    const { cutting } = this.store.get();
    if (this.reopens(press)) return null;
    const index = this.dotAt(at, reach);
    if (index === null) {
      this.target.click(at, cutting === (secondary || shift));
      return null;
    }
    if (secondary || cutting) {
      this.pointing.set({ dot: null });
      this.target.removeClick(index);
      return null;
    }
    let to = at;
    return {
      move: (place) => {
        to = place;
        this.sketch({ kind: "dot", index, at: this.inside(place) });
      },
      end: () => {
        this.sketch(null);
        if (Math.hypot(to.x - at.x, to.y - at.y) > reach / 4) this.target.moveClick(index, this.inside(to));
      },
      cancel: () => this.sketch(null),
    };
  }

  /** The second press of a double click on a kept object; it comes before the dot that the first one has made. */
  private reopens({ at, secondary, shift, twice }: Press): boolean {
    if (!twice || secondary || shift) return false;
    const { open } = this.store.get();
    return this.target.reopenAt(at, open !== null && open.steps !== this.stepsBefore);
  }

  /** A box, or what the click tool does where nothing is dragged. The tool stays: the next drag is a box, too. */
  private dragBox(press: Press): Drag | null {
    const { at: from, secondary } = press;
    if (this.reopens(press)) return null;
    if (secondary || this.dotAt(from, press.reach) !== null) return this.pressClick(press);
    let to = from;
    return {
      move: (place) => {
        to = place;
        this.sketch({ kind: "box", from: this.inside(from), to: this.inside(to) });
      },
      end: () => {
        this.sketch(null);
        const [one, other] = [this.inside(from), this.inside(to)];
        const [x0, y0] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
        const [x1, y1] = [Math.max(one.x, other.x), Math.max(one.y, other.y)];
        if (Math.max(x1 - x0, y1 - y0) < SMALLEST_BOX) this.pressClick(press);
        else if (Math.min(x1 - x0, y1 - y0) >= SMALLEST_BOX) this.target.box([x0, y0, x1, y1]);
      },
      cancel: () => this.sketch(null),
    };
  }

  /** With Shift in a straight line: from where the last stroke ended, or from here. */
  private dragBrush({ at, shift }: Press, adding: boolean): Drag {
    const { brush: size, open } = this.store.get();
    const before = this.strokeEnd?.uid === (open?.uid ?? null) ? this.strokeEnd?.point : undefined;
    const points = shift && before ? [before, at] : [at];
    let straightFrom = shift ? points.length - 1 : null; // the last point that stays while Shift is held
    if (shift && before) straightFrom = 0;
    const show = () => this.sketch({ kind: "stroke", points, count: points.length, size, adding });
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
        this.target.paint(adding ? "brush" : "erase", stroke(points, size, this.view), adding, points[0]!);
        this.strokeEnd = { point: points.at(-1)!, uid: this.store.get().open?.uid ?? null };
        this.sketch(null);
      },
      cancel: () => this.sketch(null),
    };
  }

  private dragLasso({ at }: Press, adding: boolean): Drag {
    const points = [at];
    return {
      move: (place) => {
        if (Math.hypot(place.x - points.at(-1)!.x, place.y - points.at(-1)!.y) < LASSO_STEP) return;
        points.push(place);
        this.sketch({ kind: "outline", points, adding, closes: true });
      },
      end: () => {
        this.target.paint(adding ? "add" : "cut", polygon(points, this.view), adding, at);
        this.sketch(null);
      },
      cancel: () => this.sketch(null),
    };
  }

  private pressPolygon({ at, twice, reach }: Press, adding: boolean): void {
    if (this.corners.length === 0) this.adding = adding;
    if (twice || this.closes(at, reach)) {
      this.finish();
      return;
    }
    this.corners.push(at);
    this.sketchPolygon(at, reach);
  }

  private sketchPolygon(at: Point, reach: number): void {
    const closes = this.closes(at, reach);
    const points = closes ? this.corners : [...this.corners, at];
    this.sketch({ kind: "outline", points, adding: this.adding, closes });
  }

  private closes({ x, y }: Point, reach: number): boolean {
    const first = this.corners[0];
    return this.corners.length >= 3 && !!first && Math.hypot(x - first.x, y - first.y) <= reach;
  }

  /** Ask for a preview where the pointer is, if one is wanted. */
  private look(): void {
    const { tool, open } = this.store.get();
    const wanted = this.peeking && tool === "click" && !open && this.pointer && isInside(this.pointer, this.view);
    this.preview.at(wanted ? clickAt(this.pointer!, true) : null);
  }

  /** Show a preview's answer. */
  showPreview(patch: Patch | null): void {
    const { sketch } = this.pointing.get();
    if (patch) this.sketch({ kind: "preview", patch });
    else if (sketch?.kind === "preview") this.sketch(null);
  }

  private dotAt({ x, y }: Point, reach: number): number | null {
    const { open } = this.store.get();
    if (!open || !this.clicks || open.trial) return null;
    const found = clicksOf(open).findLastIndex((click) => Math.hypot(click.x - x, click.y - y) <= reach);
    return found < 0 ? null : found;
  }

  private inside({ x, y }: Point): Point {
    const { width, height } = this.view;
    return { x: Math.min(Math.max(x, 0), width - 0.25), y: Math.min(Math.max(y, 0), height - 0.25) };
  }

  private sketch(sketch: Sketch | null): void {
    this.pointing.set({ sketch });
  }
}

function isSamePoint(one: Point, other: Point): boolean {
  return one.x === other.x && one.y === other.y;
}
