/** Mouse, pen, touch and wheel on the canvas, turned into clicks, zoom and pan. */

import type { Point } from "./viewport";

export interface Gestures {
  /** A click at canvas CSS pixels. `twice`: the second of a double click. */
  click(at: Point, positive: boolean, twice: boolean): void;
  pan(dx: number, dy: number): void;
  zoom(at: Point, factor: number): void;
}

const ZOOM_PER_NOTCH = 1.25;
const NOTCH = 100;
const TAP_SLOP = 8;
const DOUBLE_CLICK_MS = 450;

/** Follows the pointers on `host` until the returned function is called. `spaceHeld` makes a left drag pan. */
export function followPointers(host: HTMLElement, gestures: Gestures, spaceHeld: () => boolean): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const touches = new Map<number, Point>();
  let panning: number | null = null;
  let tap: Point | null = null;
  let last: { at: Point; time: number } | null = null;
  let trackpadUntil = 0;

  const place = (event: MouseEvent): Point => {
    const bounds = host.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };
  const click = (at: Point, positive: boolean, time: number) => {
    const twice = !!last && time - last.time < DOUBLE_CLICK_MS && Math.hypot(at.x - last.at.x, at.y - last.at.y) < 4;
    last = twice ? null : { at, time };
    gestures.click(at, positive, twice);
  };

  host.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  // The middle button would start the browser's own scrolling.
  host.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), options);

  host.addEventListener(
    "pointerdown",
    (event) => {
      const at = place(event);
      if (event.pointerType === "touch") {
        touches.set(event.pointerId, at);
        tap = touches.size === 1 ? at : null;
      } else if (event.button === 1 || (event.button === 0 && spaceHeld())) {
        panning = event.pointerId;
        host.dataset["panning"] = "";
      } else if (event.button === 0 || event.button === 2) {
        const negative = event.button === 2 || event.shiftKey || event.altKey || event.ctrlKey;
        click(at, !negative, event.timeStamp);
        return;
      }
      host.setPointerCapture(event.pointerId);
    },
    options,
  );

  host.addEventListener(
    "pointermove",
    (event) => {
      const at = place(event);
      if (event.pointerType === "touch") moveTouch(event.pointerId, at);
      else if (panning === event.pointerId) gestures.pan(event.movementX, event.movementY);
    },
    options,
  );

  const end = (event: PointerEvent) => {
    if (event.pointerType === "touch") {
      if (event.type === "pointerup" && tap && touches.size === 1) click(tap, true, event.timeStamp);
      touches.delete(event.pointerId);
      tap = null;
    }
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
