import { describe, expect, it } from "vitest";
import { dayLabels } from "./dates";
import { configOf } from "./kinds";
import { rowsOf } from "./rows";

const COLOURS = { text: "rgb(1, 1, 1)", grid: "rgb(2, 2, 2)", mark: "rgb(3, 3, 3)", soft: "rgb(4, 4, 4)" };

/** The last days up to 30 November 2026, a Monday, `every` days apart. */
function days(count: number, every = 1): string[] {
  const last = Date.UTC(2026, 10, 30);
  return Array.from({ length: count }, (_, place) =>
    new Date(last - (count - 1 - place) * every * 86_400_000).toISOString().slice(0, 10),
  );
}

function labels(count: number, every = 1): string[] {
  return [...(dayLabels(days(count, every)) ?? [])].map(([, text]) => text);
}

describe("the labels of an axis of days", () => {
  it("name each day of a week", () => {
    expect(labels(7)).toEqual(["24 Nov", "25 Nov", "26 Nov", "27 Nov", "28 Nov", "29 Nov", "30 Nov"]);
  });

  it("name Mondays, or every other one", () => {
    expect(labels(30)).toEqual(["2 Nov", "9 Nov", "16 Nov", "23 Nov", "30 Nov"]);
    expect(labels(90).slice(-2)).toEqual(["16 Nov", "30 Nov"]);
    const at = [...(dayLabels(days(90)) ?? [])].map(([place]) => place);
    expect(at.slice(1).map((place, nth) => place - (at[nth] ?? 0))).toEqual(Array(6).fill(14));
  });

  it("name months, with a year where it begins", () => {
    expect(labels(365)).toEqual(["Jan 2026", "Mar", "May", "Jul", "Sep", "Nov"]);
    expect(labels(400)).toEqual(["Nov 2025", "Jan 2026", "Mar", "May", "Jul", "Sep", "Nov"]);
  });

  it("are where their days are", () => {
    const names = days(400);
    const found = [...(dayLabels(names) ?? [])].map(([place, text]) => [names[place], text]);
    expect(found.slice(0, 3)).toEqual([
      ["2025-11-01", "Nov 2025"],
      ["2026-01-01", "Jan 2026"],
      ["2026-03-01", "Mar"],
    ]);
  });

  it("stay as days pass", () => {
    const [, ...later] = days(91);
    const before = dayLabels(days(91).slice(0, 90));
    const now = dayLabels(later);
    const shown = (found: Map<number, string> | null): string[] => [...(found?.values() ?? [])];
    expect(shown(now)).toEqual(expect.arrayContaining(shown(before).slice(1)));
  });

  it("name weeks where a row is a week", () => {
    expect(labels(5, 7)).toEqual(["2 Nov", "9 Nov", "16 Nov", "23 Nov", "30 Nov"]);
    expect(labels(52, 7).length).toBeLessThanOrEqual(7);
    expect(labels(52, 7)[0]).toMatch(/^[A-Z][a-z]{2} 202[56]$/);
  });

  it("are few however long the axis is", () => {
    for (const count of [1, 2, 8, 14, 31, 60, 91, 180, 366, 400, 1000, 2500, 4000]) {
      const found = dayLabels(days(count));
      expect(found?.size).toBeLessThanOrEqual(7);
      if (count > 1) expect(found?.size, String(count)).toBeGreaterThan(0);
    }
  });

  it("are for days alone", () => {
    expect(dayLabels(["car", "person"])).toBeNull();
    expect(dayLabels(["2026-11-30", "2026-11-30 Ann"])).toBeNull();
    expect(dayLabels(["2026-13-45"])).toBeNull();
    expect(dayLabels([])).toBeNull();
  });
});

describe("the axis of a chart", () => {
  const rows = rowsOf(days(90).map((label) => ({ label, value: "1", low: "", high: "", text: "1" })));

  it("names some days, without turning them", () => {
    const ticks = configOf("bars", rows, COLOURS).options?.scales?.["x"]?.ticks as {
      autoSkip: boolean;
      maxRotation: number;
      callback: (value: number, place: number) => string | null;
    };
    expect([ticks.autoSkip, ticks.maxRotation]).toEqual([false, 0]);
    expect(rows.map((_, place) => ticks.callback(place, place)).filter(Boolean)).toEqual(labels(90));
  });
});
