import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as view from "./viewport";

const PICTURE = { width: 4000, height: 3000 };
const SCREEN = { width: 1100, height: 700 };

const viewports = fc.record({
  scale: fc.double({ min: view.SMALLEST_SCALE, max: view.LARGEST_SCALE, noNaN: true }),
  x: fc.integer({ min: -20_000, max: 20_000 }),
  y: fc.integer({ min: -20_000, max: 20_000 }),
});
const points = fc.record({ x: fc.integer({ min: 0, max: 1100 }), y: fc.integer({ min: 0, max: 700 }) });

describe("viewport", () => {
  it("maps there and back", () => {
    fc.assert(
      fc.property(viewports, points, (viewport, point) => {
        const back = view.toScreen(viewport, view.toPicture(viewport, point));
        expect(back.x).toBeCloseTo(point.x, 5);
        expect(back.y).toBeCloseTo(point.y, 5);
      }),
    );
  });

  it("zooms at the cursor: what is under it stays, within the limits", () => {
    const factors = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(viewports, points, factors, (viewport, cursor, factor) => {
        const zoomed = view.zoomAt(viewport, cursor, factor);
        const under = view.toScreen(zoomed, view.toPicture(viewport, cursor));
        expect(under.x).toBeCloseTo(cursor.x, 4);
        expect(under.y).toBeCloseTo(cursor.y, 4);
        expect(zoomed.scale).toBeGreaterThanOrEqual(view.SMALLEST_SCALE);
        expect(zoomed.scale).toBeLessThanOrEqual(view.LARGEST_SCALE);
      }),
    );
  });

  it("fits the whole picture above the bar", () => {
    const fitted = view.fit(PICTURE, SCREEN);
    const start = view.toScreen(fitted, { x: 0, y: 0 });
    const end = view.toScreen(fitted, { x: PICTURE.width, y: PICTURE.height });
    expect(start.y).toBeCloseTo(16);
    expect(end.y).toBeCloseTo(SCREEN.height - 64);
    expect(start.x + end.x).toBeCloseTo(SCREEN.width);
    expect(view.fit({ width: 10, height: 10 }, SCREEN).scale).toBe(8);
  });

  it("shows a pixel as a pixel at 100 %", () => {
    const fitted = view.fit(PICTURE, SCREEN);
    const actual = view.actualSize(fitted, { x: 550, y: 350 });
    expect(actual.scale).toBe(1);
    expect(view.toPicture(actual, { x: 550, y: 350 }).y).toBeCloseTo(view.toPicture(fitted, { x: 550, y: 350 }).y);
  });

  it("never loses the picture outside the screen", () => {
    fc.assert(
      fc.property(viewports, (viewport) => {
        const held = view.keepInSight(viewport, PICTURE, SCREEN);
        const end = view.toScreen(held, { x: PICTURE.width, y: PICTURE.height });
        expect(end.x).toBeGreaterThanOrEqual(63.99);
        expect(end.y).toBeGreaterThanOrEqual(Math.min(63.99, PICTURE.height * held.scale - 0.01));
        expect(held.x).toBeLessThanOrEqual(SCREEN.width - 63.99);
        expect(held.y).toBeLessThanOrEqual(SCREEN.height - Math.min(63.99, PICTURE.height * held.scale - 0.01));
      }),
    );
  });

  it("keeps the middle in the middle when the window changes", () => {
    const before = view.zoomAt(view.fit(PICTURE, SCREEN), { x: 300, y: 200 }, 3);
    const after = view.resized(before, SCREEN, { width: 700, height: 500 });
    const middle = view.toPicture(before, { x: 550, y: 350 });
    expect(view.toPicture(after, { x: 350, y: 250 }).x).toBeCloseTo(middle.x);
  });
});
