import { describe, expect, it } from "vitest";
import { configOf } from "./kinds";
import { rowsOf, short } from "./rows";

const COLOURS = { text: "rgb(1, 1, 1)", grid: "rgb(2, 2, 2)", mark: "rgb(3, 3, 3)", soft: "rgb(4, 4, 4)" };
const ROWS = rowsOf([
  { label: "car", value: "0.8", low: "0.7", high: "0.9", text: "0.80 (0.70–0.90)" },
  { label: "person", value: "", low: "", high: "", text: "3 of 4" },
  { label: "road", value: "0.5", low: undefined, high: undefined, text: "0.50" },
]);

describe("the rows of a table", () => {
  it("without a number are left out", () => {
    expect(ROWS.map((row) => row.label)).toEqual(["car", "road"]);
    expect(rowsOf([{ label: "x", value: "many", low: "", high: "", text: "" }])).toEqual([]);
  });

  it("may have no interval", () => {
    expect(ROWS[1]).toMatchObject({ low: null, high: null });
  });

  it("have labels that fit", () => {
    expect(short("car")).toBe("car");
    expect(short("a very long name of a class", 10)).toBe("a very lo…");
  });
});

describe("a chart", () => {
  it("of intervals goes sideways, with a bar for each interval and a dot for each value", () => {
    const config = configOf("intervals", ROWS, COLOURS, 0, 1);
    expect(config.options?.indexAxis).toBe("y");
    expect(config.data.datasets.map((one) => one.data)).toEqual([
      [
        { x: 0.8, y: 0 },
        { x: 0.5, y: 1 },
      ],
      [[0.7, 0.9], null],
    ]);
    expect(config.options?.scales?.["x"]).toMatchObject({ min: 0, max: 1 });
  });

  it("of bars begins at zero", () => {
    const config = configOf("bars", ROWS, COLOURS);
    expect(config.options?.scales?.["y"]).toMatchObject({ beginAtZero: true });
    expect(config.data.labels).toEqual(["car", "road"]);
  });

  it("of a line has its band behind it", () => {
    const [line, low, high] = configOf("line", ROWS, COLOURS, 0, 1).data.datasets;
    expect(line?.data).toEqual([0.8, 0.5]);
    expect([low?.data, high?.data]).toEqual([
      [0.7, null],
      [0.9, null],
    ]);
  });
});
