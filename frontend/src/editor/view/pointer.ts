/** Mouse, pen, touch and wheel on the canvas, turned into presses, drags, zoom and pan. Places are canvas CSS pixels. */

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
  const touches = new Map<number, Point>();
  let drag: { pointer: number; does: Drag } | null = null;
  let panning: number | null = null;
  let tap: Point | null = null;
  let last: { at: Point; time: number } | null = null;
  let trackpadUntil = 0;
  /** Somebody has a pen: a hand that rests on the tablet draws nothing, fingers move the picture. */
  let penAt = -Infinity;
  const fingerPresses = (event: Event) => gestures.fingerPresses() && event.timeStamp - penAt > PEN_MS;

  const place = (event: MouseEvent): Point => {
    const bounds = host.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };
  const press = (event: PointerEvent, at: Point) => {
    const time = event.timeStamp;
    const twice = !!last && time - last.time < DOUBLE_CLICK_MS && Math.hypot(at.x - last.at.x, at.y - last.at.y) < 4;
    last = twice ? null : { at, time };
    const secondary = event.button === 2 || event.button === ERASER_BUTTON || event.altKey || event.ctrlKey;
    const touch = event.pointerType === "touch";
    const does = gestures.press({ at, secondary, shift: event.shiftKey, twice, touch });
    if (does) drag = { pointer: event.pointerId, does };
  };
  const endDrag = (how: "end" | "cancel") => {
    const ended = drag;
    drag = null;
    ended?.does[how]();
  };

  host.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  // The middle button would start the browser's own scrolling.
  host.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), options);

  host.addEventListener(
    "pointerdown",
    (event) => {
      const at = place(event);
      if (event.pointerType === "pen") penAt = event.timeStamp;
      if (event.pointerType === "touch") {
        touches.set(event.pointerId, at);
        if (touches.size > 1) endDrag("cancel"); // a second finger: it was the start of a pinch
        tap = touches.size === 1 ? at : null;
        if (tap && fingerPresses(event)) press(event, at);
      } else if (event.button === 1 || (event.button === 0 && spaceHeld())) {
        panning = event.pointerId;
        host.dataset["panning"] = "";
      } else if (!drag && [0, 2, ERASER_BUTTON].includes(event.button)) press(event, at);
      else return;
      host.setPointerCapture(event.pointerId);
    },
    options,
  );

  host.addEventListener(
    "pointermove",
    (event) => {
      if (drag?.pointer === event.pointerId) {
        // Between two frames a pen or a quick mouse has been at several places.
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- not in every browser
        const events = event.getCoalescedEvents?.() ?? [];
        for (const one of events.length > 0 ? events : [event]) drag.does.move(place(one), one.shiftKey);
      } else if (event.pointerType === "touch") moveTouch(event.pointerId, place(event));
      else if (panning === event.pointerId) gestures.pan(event.movementX, event.movementY);
      else if (panning === null) gestures.hover(place(event));
    },
    options,
  );
  host.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && gestures.hover(null), options);

  const end = (event: PointerEvent) => {
    if (event.pointerType === "touch") {
      const tapped = event.type === "pointerup" && tap !== null && touches.size === 1;
      touches.delete(event.pointerId);
      if (tapped && !drag && !gestures.fingerPresses()) press(event, tap!);
      tap = null;
    }
    if (drag?.pointer === event.pointerId) endDrag(event.type === "pointerup" ? "end" : "cancel");
    if (panning === event.pointerId) {
      panning = null;
      delete host.dataset["panning"];
    }
  };
  host.addEventListener("pointerup", end, options);
  host.addEventListener("pointercancel", end, options);

  /** One finger pans once it moved, two pinch. */
  const moveTouch = (id: number, at: Point) => {
    const before = touches.get(id);
    if (!before) return;
    if (tap && Math.hypot(at.x - tap.x, at.y - tap.y) < TAP_SLOP) return;
    tap = null;
    const other = [...touches].find(([one]) => one !== id)?.[1];
    touches.set(id, at);
    const share = other ? 0.5 : 1;
    gestures.pan((at.x - before.x) * share, (at.y - before.y) * share);
    if (!other) return;
    const spread = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    gestures.zoom({ x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }, spread(at) / spread(before));
  };

  host.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (event.altKey) {
        gestures.resize(-Math.sign(event.deltaY || event.deltaX));
        return;
      }
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : event.deltaMode === 1 ? 33 : 400;
      if (isTrackpad(event)) trackpadUntil = event.timeStamp + 250;
      if (!event.ctrlKey && event.timeStamp < trackpadUntil) {
        gestures.pan(-event.deltaX, -event.deltaY);
        return;
      }
      // A pinch comes as ctrl+wheel in small steps: as fast as the fingers need ten times the notch's rate.
      const rate = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 10 / NOTCH / 2 : 1 / NOTCH;
      gestures.zoom(place(event), ZOOM_PER_NOTCH ** (-event.deltaY * pixels * rate));
    },
    { ...options, passive: false },
  );

  return () => stop.abort();
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
