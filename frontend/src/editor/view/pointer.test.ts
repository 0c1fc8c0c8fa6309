/** Pointer and wheel events, as browsers send them, on a stand-in for the canvas. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followPointers, type ScreenPress } from "./pointer";

class Host extends EventTarget {
  readonly dataset: Record<string, string> = {};
  readonly setPointerCapture = vi.fn();

  getBoundingClientRect(): { left: number; top: number } {
    return { left: 100, top: 50 };
  }

  /** Places are on the host, times in milliseconds. */
  send(type: string, { x = 0, y = 0, time = 0, ...fields }: Record<string, unknown> & Place = {}): void {
    const event = new Event(type, { cancelable: true });
    const all = { pointerId: 1, pointerType: "mouse", button: 0, altKey: false, ctrlKey: false, shiftKey: false };
    const wheel = { deltaMode: 0, deltaX: 0, deltaY: 0 };
    Object.assign(event, { ...all, ...wheel, clientX: x + 100, clientY: y + 50, ...fields });
    Object.defineProperty(event, "timeStamp", { value: time });
    this.dispatchEvent(event);
  }
}

interface Place {
  x?: number;
  y?: number;
  time?: number;
}

describe("pointers", () => {
  const drag = { move: vi.fn(), end: vi.fn(), cancel: vi.fn() };
  const gestures = {
    press: vi.fn((_: ScreenPress) => drag),
    fingerPresses: vi.fn(() => true),
    hover: vi.fn(),
    pan: vi.fn(),
    zoom: vi.fn(),
    resize: vi.fn(),
  };
  let host: Host;
  let space: boolean;
  let stop: () => void;
  const finger = (pointerId: number, x: number, y = 0) => ({ pointerType: "touch", pointerId, x, y });

  beforeEach(() => {
    vi.stubGlobal("WheelEvent", { DOM_DELTA_PIXEL: 0 });
    vi.clearAllMocks();
    gestures.fingerPresses.mockReturnValue(true);
    host = new Host();
    space = false;
    stop = followPointers(host as unknown as HTMLElement, gestures, () => space);
  });
  afterEach(() => {
    stop();
    vi.unstubAllGlobals();
  });

  it("press, drag and end, with places on the host", () => {
    host.send("pointermove", { x: 1, y: 2 });
    expect(gestures.hover).toHaveBeenCalledWith({ x: 1, y: 2 });
    host.send("pointerdown", { x: 3, y: 4, shiftKey: true });
    const press = { at: { x: 3, y: 4 }, secondary: false, shift: true, twice: false, touch: false };
    expect(gestures.press).toHaveBeenCalledWith(press);
    const [x, y] = [105, 56];
    const between = [
      { clientX: x, clientY: y, shiftKey: false },
      { clientX: x + 1, clientY: y, shiftKey: true },
    ];
    host.send("pointermove", { getCoalescedEvents: () => between });
    expect(drag.move.mock.calls).toEqual([
      [{ x: 5, y: 6 }, false],
      [{ x: 6, y: 6 }, true],
    ]);
    host.send("pointerup");
    expect([drag.end.mock.calls.length, drag.cancel.mock.calls.length]).toEqual([1, 0]);
  });

  it("know the second press of a double click, but not a third", () => {
    for (const time of [1_000, 1_200, 1_400]) {
      host.send("pointerdown", { x: 3, y: 4, time });
      host.send("pointerup", { time });
    }
    host.send("pointerdown", { x: 9, y: 4, time: 1_500 }); // quick, but elsewhere
    expect(gestures.press.mock.calls.map(([{ twice }]) => twice)).toEqual([false, true, false, false]);
  });

  it("pan with the middle button, or with Space", () => {
    for (const [button, held] of [
      [1, false],
      [0, true],
    ] as const) {
      space = held;
      host.send("pointerdown", { button });
      expect(host.dataset["panning"]).toBe("");
      host.send("pointermove", { movementX: 7, movementY: -2 });
      host.send("pointerup");
      expect(host.dataset["panning"]).toBeUndefined();
    }
    expect(gestures.pan.mock.calls).toEqual([
      [7, -2],
      [7, -2],
    ]);
    expect(gestures.press).not.toHaveBeenCalled();
  });

  it("take a second finger for a pinch and give up what the first one began", () => {
    host.send("pointerdown", finger(1, 0));
    expect(gestures.press).toHaveBeenCalledOnce();
    host.send("pointerdown", finger(2, 100));
    expect(drag.cancel).toHaveBeenCalledOnce();
    host.send("pointermove", finger(2, 200));
    expect(gestures.pan).toHaveBeenCalledWith(50, 0);
    expect(gestures.zoom).toHaveBeenCalledWith({ x: 100, y: 0 }, 2);
  });

  it("let a finger press when it goes up, where it moves the picture, unless it moved", () => {
    gestures.fingerPresses.mockReturnValue(false);
    host.send("pointerdown", finger(1, 10));
    expect(gestures.press).not.toHaveBeenCalled();
    host.send("pointermove", finger(1, 15)); // a finger trembles
    host.send("pointerup", finger(1, 15));
    expect(gestures.press.mock.calls.map(([{ at, touch }]) => [at.x, touch])).toEqual([[10, true]]);
    host.send("pointerdown", finger(1, 10));
    host.send("pointermove", finger(1, 60));
    host.send("pointerup", finger(1, 60));
    expect(gestures.pan).toHaveBeenCalledWith(50, 0);
    expect(gestures.press).toHaveBeenCalledOnce();
  });

  it("let fingers move the picture for a minute after a pen", () => {
    host.send("pointerdown", { pointerType: "pen", pointerId: 9, time: 1_000 });
    host.send("pointerup", { pointerType: "pen", pointerId: 9, time: 1_100 });
    gestures.press.mockClear();
    host.send("pointerdown", { ...finger(1, 10), time: 30_000 });
    host.send("pointercancel", { ...finger(1, 10), time: 30_100 });
    expect(gestures.press).not.toHaveBeenCalled();
    host.send("pointerdown", { ...finger(1, 10), time: 90_000 });
    expect(gestures.press).toHaveBeenCalledOnce();
  });

  it("zoom by the wheel, pan by a trackpad, resize with Alt", () => {
    host.send("wheel", { x: 5, y: 6, deltaY: -100, time: 0 });
    expect(gestures.zoom).toHaveBeenCalledWith({ x: 5, y: 6 }, 1.25);
    host.send("wheel", { deltaX: 3, deltaY: 4, time: 1_000 });
    host.send("wheel", { deltaY: 100, time: 1_200 }); // looks like a wheel, but the trackpad still moves
    expect(gestures.pan.mock.calls).toEqual([
      [-3, -4],
      [-0, -100],
    ]);
    host.send("wheel", { deltaY: 100, time: 2_000 });
    expect(gestures.zoom).toHaveBeenLastCalledWith({ x: 0, y: 0 }, 1 / 1.25);
    host.send("wheel", { deltaY: -100, altKey: true, time: 3_000 });
    expect(gestures.resize.mock.calls).toEqual([[1]]);
  });

  it("are followed no more once that was stopped", () => {
    stop();
    host.send("pointerdown");
    expect(gestures.press).not.toHaveBeenCalled();
  });
});
