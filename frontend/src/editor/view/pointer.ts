/** Turns mouse, pen, touch and wheel events on the canvas into presses, drags, zoom and pan. Points are in CSS pixels. */

import type { Point } from "../lib/geometry";

export interface ScreenPress {
  readonly at: Point;
  /** The right button, the eraser end of a pen, or Alt or Ctrl with the left one. */
  readonly secondary: boolean;
  readonly shift: boolean;
  /** The second press of a double click. */
  readonly twice: boolean;
  readonly touch: boolean;
}

export interface Gestures {
  /** A button or the pen goes down; null: that was all. */
  press(press: ScreenPress): Drag | null;
  /** Whether one finger presses, rather than moves the picture. */
  fingerPresses(): boolean;
  /** The pointer is over a place with no button down; null: it left. */
  hover(at: Point | null): void;
  pan(dx: number, dy: number): void;
  zoom(at: Point, factor: number): void;
  /** Alt and the wheel: larger, smaller. */
  resize(steps: number): void;
}

const ZOOM_PER_NOTCH = 1.25;
const NOTCH = 100;
const TAP_SLOP = 8;
const DOUBLE_CLICK_MS = 450;
const ERASER_BUTTON = 5;
const PEN_MS = 60_000;

/** Follows the pointers on `host` until the returned function is called. `spaceHeld` makes a left drag pan. */
export function followPointers(host: HTMLElement, gestures: Gestures, spaceHeld: () => boolean): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const pointers = new Pointers(host, gestures, spaceHeld);
  const wheel = new Wheel(host, gestures);
  host.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  // The middle button would start the browser's own scrolling.
  host.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), options);
  host.addEventListener("pointerdown", (event) => pointers.down(event), options);
  host.addEventListener("pointermove", (event) => pointers.move(event), options);
  host.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && gestures.hover(null), options);
  host.addEventListener("pointerup", (event) => pointers.up(event), options);
  host.addEventListener("pointercancel", (event) => pointers.up(event), options);
  host.addEventListener("wheel", (event) => wheel.turn(event), { ...options, passive: false });
  return () => stop.abort();
}

/** Where the event is on `host`. */
function placeOn(host: HTMLElement, event: MouseEvent): Point {
  const bounds = host.getBoundingClientRect();
  return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
}

/** Mouse buttons, pen and fingers: decides which of them presses, drags or pans. */
class Pointers {
  private readonly touches = new Map<number, Point>();
  private drag: { pointer: number; does: Drag } | null = null;
  /** The pointer that pans. */
  private panning: number | null = null;
  /** Where the only finger went down, until it moved. */
  private tap: Point | null = null;
  /** The last press: a second one soon and near makes a double click. */
  private last: { at: Point; time: number } | null = null;
  /** When a pen was last used. For a while after that fingers only pan, so that a resting hand draws nothing. */
  private penAt = -Infinity;

  constructor(
    private readonly host: HTMLElement,
    private readonly gestures: Gestures,
    private readonly spaceHeld: () => boolean,
  ) {}

  down(event: PointerEvent): void {
    const at = placeOn(this.host, event);
    if (event.pointerType === "pen") this.penAt = event.timeStamp;
    if (event.pointerType === "touch") this.touchDown(event, at);
    else if (event.button === 1 || (event.button === 0 && this.spaceHeld())) this.startPan(event.pointerId);
    else if (!this.drag && [0, 2, ERASER_BUTTON].includes(event.button)) this.press(event, at);
    else return;
    this.host.setPointerCapture(event.pointerId);
  }

  move(event: PointerEvent): void {
    const { drag, host, gestures } = this;
    if (drag?.pointer === event.pointerId) {
      // Between two frames a pen or a quick mouse has been at several places.
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- not in every browser
      const events = event.getCoalescedEvents?.() ?? [];
      for (const one of events.length > 0 ? events : [event]) drag.does.move(placeOn(host, one), one.shiftKey);
    } else if (event.pointerType === "touch") this.touchMove(event.pointerId, placeOn(host, event));
    else if (this.panning === event.pointerId) gestures.pan(event.movementX, event.movementY);
    else if (this.panning === null) gestures.hover(placeOn(host, event));
  }

  /** The pointer went up, or the browser took it over (`pointercancel`). */
  up(event: PointerEvent): void {
    if (event.pointerType === "touch") this.touchUp(event);
    if (this.drag?.pointer === event.pointerId) this.endDrag(event.type === "pointerup" ? "end" : "cancel");
    if (this.panning === event.pointerId) this.endPan();
  }

  private press(event: PointerEvent, at: Point): void {
    const { last } = this;
    const time = event.timeStamp;
    const twice = !!last && time - last.time < DOUBLE_CLICK_MS && Math.hypot(at.x - last.at.x, at.y - last.at.y) < 4;
    this.last = twice ? null : { at, time };
    const secondary = event.button === 2 || event.button === ERASER_BUTTON || event.altKey || event.ctrlKey;
    const touch = event.pointerType === "touch";
    const does = this.gestures.press({ at, secondary, shift: event.shiftKey, twice, touch });
    if (does) this.drag = { pointer: event.pointerId, does };
  }

  private endDrag(how: "end" | "cancel"): void {
    const { drag } = this;
    this.drag = null;
    drag?.does[how]();
  }

  private startPan(pointer: number): void {
    this.panning = pointer;
    this.host.dataset["panning"] = "";
  }

  private endPan(): void {
    this.panning = null;
    delete this.host.dataset["panning"];
  }

  private touchDown(event: PointerEvent, at: Point): void {
    this.touches.set(event.pointerId, at);
    if (this.touches.size > 1) this.endDrag("cancel"); // a second finger: it was the start of a pinch
    this.tap = this.touches.size === 1 ? at : null;
    if (this.tap && this.gestures.fingerPresses() && event.timeStamp - this.penAt > PEN_MS) this.press(event, at);
  }

  /** One finger pans once it moved, two pinch. */
  private touchMove(id: number, at: Point): void {
    const { touches, tap, gestures } = this;
    const before = touches.get(id);
    if (!before) return;
    if (tap && Math.hypot(at.x - tap.x, at.y - tap.y) < TAP_SLOP) return;
    this.tap = null;
    const other = [...touches].find(([one]) => one !== id)?.[1];
    touches.set(id, at);
    const share = other ? 0.5 : 1;
    gestures.pan((at.x - before.x) * share, (at.y - before.y) * share);
    if (!other) return;
    const spread = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    gestures.zoom({ x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }, spread(at) / spread(before));
  }

  /** A finger that did not move, and did not press when it went down, presses now. */
  private touchUp(event: PointerEvent): void {
    const tapped = event.type === "pointerup" && this.touches.size === 1 ? this.tap : null;
    this.touches.delete(event.pointerId);
    if (tapped && !this.drag && !this.gestures.fingerPresses()) this.press(event, tapped);
    this.tap = null;
  }
}

/** The wheel zooms, a trackpad pans and pinches, Alt and the wheel resize the tool. */
class Wheel {
  /** Until then events count as a trackpad's: not each of them can be told from a wheel's. */
  private trackpadUntil = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly gestures: Gestures,
  ) {}

  turn(event: WheelEvent): void {
    event.preventDefault();
    if (event.altKey) {
      this.gestures.resize(-Math.sign(event.deltaY || event.deltaX));
      return;
    }
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : event.deltaMode === 1 ? 33 : 400;
    if (isTrackpad(event)) this.trackpadUntil = event.timeStamp + 250;
    if (!event.ctrlKey && event.timeStamp < this.trackpadUntil) {
      this.gestures.pan(-event.deltaX, -event.deltaY);
      return;
    }
    // A pinch comes as ctrl+wheel in small steps: as fast as the fingers need ten times the notch's rate.
    const rate = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 10 / NOTCH / 2 : 1 / NOTCH;
    this.gestures.zoom(placeOn(this.host, event), ZOOM_PER_NOTCH ** (-event.deltaY * pixels * rate));
  }
}

/** Two fingers on a trackpad: sideways movement, or the small steps that no wheel makes. */
function isTrackpad(event: WheelEvent): boolean {
  if (event.ctrlKey || event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL) return false;
  if (event.deltaX !== 0 && !event.shiftKey) return true;
  const ticks = (event as WheelEvent & { wheelDeltaY?: number }).wheelDeltaY ?? 0;
  return ticks === -3 * event.deltaY && Math.abs(event.deltaY) < 40;
}

export interface Drag {
  move(at: Point, shift: boolean): void;
  end(): void;
  cancel(): void;
}
