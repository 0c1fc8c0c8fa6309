import { describe, expect, it } from "vitest";
import { line, primitives } from "../view/pictureFilter";
import { fitBox, sightOf, toScreen } from "../view/viewport";
import { displaySettingsOf, PLAIN, strongerFill } from "./displaySettings";

describe("how it is shown", () => {
  it("takes from what was stored only what makes sense", () => {
    expect(displaySettingsOf(null)).toEqual(PLAIN);
    expect(displaySettingsOf({ brightness: 7, gamma: "2", channel: "ultraviolet", outlines: true, more: 1 })).toEqual({
      ...PLAIN,
      brightness: 1,
      outlines: true,
    });
  });

  it("knows opacity from nothing to full, and takes over what earlier pages stored as a multiple", () => {
    expect([displaySettingsOf({ fill: -1 }).fill, displaySettingsOf({ fill: 2 }).fill, PLAIN.fill]).toEqual([
      0, 1, 0.35,
    ]);
    expect([0, 1, 2].map((opacity) => displaySettingsOf({ opacity }).fill)).toEqual([0, 0.35, 0.7]);
    expect(displaySettingsOf({ opacity: 2, fill: 0.1 }).fill).toBe(0.1);
    expect([0, 1].map((fill) => strongerFill(fill, 2.2))).toEqual([0, 1]);
    expect(strongerFill(0.35, 2.2)).toBeGreaterThan(0.55);
  });

  it("filters only what differs from the picture as it is", () => {
    expect(primitives(PLAIN)).toEqual([]);
    expect(primitives({ ...PLAIN, channel: "green", gamma: 2 })).toEqual([
      ["feColorMatrix", { type: "matrix", values: "0 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 0 0 1 0" }],
      ["feComponentTransfer", { type: "gamma", exponent: "0.5" }],
    ]);
  });

  it("turns contrast around middle grey and moves with brightness", () => {
    const shown = (look: { brightness: number; contrast: number }, value: number) => {
      const [slope, intercept] = line(look);
      return value * slope + intercept;
    };
    expect(shown({ brightness: 0, contrast: 0 }, 0.3)).toBeCloseTo(0.3);
    expect(shown({ brightness: 0.2, contrast: 0 }, 0.3)).toBeCloseTo(0.5);
    expect(shown({ brightness: 0, contrast: 0.5 }, 0.5)).toBeCloseTo(0.5);
    expect(shown({ brightness: 0, contrast: -1 }, 0.9)).toBeCloseTo(0.5, 2);
    expect(shown({ brightness: 0, contrast: 1 }, 0.51)).toBeGreaterThan(1);
  });
});

describe("the viewport", () => {
  const [picture, screen] = [
    { width: 4000, height: 3000 },
    { width: 1000, height: 800 },
  ];

  it("shows a box large and in the middle", () => {
    const viewport = fitBox([1000, 500, 200, 100], screen);
    const [from, to] = [toScreen(viewport, { x: 1000, y: 500 }), toScreen(viewport, { x: 1200, y: 600 })];
    expect(to.x - from.x).toBeGreaterThan(600);
    expect((from.x + to.x) / 2).toBeCloseTo(500);
    expect(from.x).toBeGreaterThan(0);
    expect(fitBox([5, 5, 1, 1], screen).scale).toBe(64);
  });

  it("knows which part is in sight", () => {
    expect(sightOf({ scale: 0.1, x: 10, y: 10 }, screen, picture)).toEqual([0, 0, 4000, 3000]);
    expect(sightOf({ scale: 2, x: -400, y: 100 }, screen, picture)).toEqual([200, 0, 700, 350]);
  });
});
