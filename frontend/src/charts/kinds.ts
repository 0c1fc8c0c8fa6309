// The kinds of charts, as Chart.js wants them described.

import type { ChartConfiguration, ChartDataset, TooltipItem } from "chart.js";
import { dayLabels } from "./dates";
import { type Row, short } from "./rows";

/** Colours of the page as it is now, resolved to what a canvas takes. */
export interface Colours {
  text: string;
  grid: string;
  mark: string;
  soft: string;
}

export type Kind = "bars" | "intervals" | "line" | "stack";

/** One of several values of each row: its name and colour. */
export interface Series {
  name: string;
  colour: string;
}

type Config = ChartConfiguration<"bar" | "line", unknown[], string>;

/** Describe a chart. `from` and `to` are the ends of the axis of values; without them Chart.js finds them. */
export function configOf(
  kind: Kind,
  rows: readonly Row[],
  colours: Colours,
  from?: number,
  to?: number,
  series: readonly Series[] = [],
): Config {
  const labels = rows.map((row) => short(row.label));
  const sideways = kind === "intervals";
  const datasets = kind === "stack" ? stack(rows, series) : { bars, intervals, line }[kind](rows, colours);
  const stacked = kind === "stack";
  const days = sideways ? null : dayLabels(labels);
  const values = {
    stacked,
    ...(from === undefined ? { beginAtZero: true } : { min: from }),
    ...(to === undefined ? {} : { max: to }),
    ticks: { color: colours.text, maxTicksLimit: 6, precision: kind === "bars" || stacked ? 0 : undefined },
    grid: { color: colours.grid },
    border: { display: false },
  };
  const names = {
    stacked,
    ticks: { color: colours.text, ...(days ? dayTicks(days) : { autoSkip: !sideways }) },
    grid: { display: false },
    border: { color: colours.grid },
  };
  return {
    type: kind === "line" ? "line" : "bar",
    data: { labels, datasets: datasets as Config["data"]["datasets"] },
    options: {
      indexAxis: sideways ? "y" : "x",
      animation: false,
      maintainAspectRatio: false,
      responsive: true,
      scales: sideways ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        tooltip: {
          displayColors: false,
          callbacks: { label: (item) => (stacked ? part(item, rows, series) : tip(item, rows)) },
        },
      },
    },
  };
}

/** An axis of days names some of them, side by side. */
function dayTicks(days: ReadonlyMap<number, string>): object {
  return { autoSkip: false, maxRotation: 0, callback: (_: unknown, place: number) => days.get(place) ?? null };
}

function tip(item: TooltipItem<"bar" | "line">, rows: readonly Row[]): string {
  return rows[item.dataIndex]?.text ?? "";
}

function part(item: TooltipItem<"bar" | "line">, rows: readonly Row[], series: readonly Series[]): string {
  const value = rows[item.dataIndex]?.values[item.datasetIndex] ?? 0;
  return `${series[item.datasetIndex]?.name ?? ""}: ${value.toLocaleString()}`;
}

/** Bars of several parts on top of each other. */
function stack(rows: readonly Row[], series: readonly Series[]): ChartDataset<"bar">[] {
  return series.map((one, index) => ({
    type: "bar",
    label: one.name,
    data: rows.map((row) => row.values[index] ?? 0),
    backgroundColor: one.colour,
    categoryPercentage: 1,
    barPercentage: 0.96,
  }));
}

function bars(rows: readonly Row[], colours: Colours): ChartDataset<"bar">[] {
  return [{ type: "bar", data: rows.map((row) => row.value), backgroundColor: colours.mark, categoryPercentage: 0.95 }];
}

/** A bar from the lower to the upper end, and a dot at the value. */
function intervals(rows: readonly Row[], colours: Colours): ChartDataset[] {
  const dots = rows.map((row, index) => ({ x: row.value, y: index }));
  return [
    {
      type: "line",
      data: dots,
      showLine: false,
      clip: false,
      pointRadius: 5,
      pointBackgroundColor: colours.mark,
      pointBorderColor: colours.mark,
    },
    {
      type: "bar",
      data: rows.map(ends),
      backgroundColor: colours.soft,
      barThickness: 10,
      borderRadius: 5,
      borderSkipped: false,
    },
  ];
}

function ends(row: Row): [number, number] | null {
  return row.low === null || row.high === null ? null : [row.low, row.high];
}

/** A line, and the band of its interval behind it. */
function line(rows: readonly Row[], colours: Colours): ChartDataset<"line">[] {
  const edge = { type: "line" as const, pointRadius: 0, borderWidth: 0, backgroundColor: colours.soft, spanGaps: true };
  return [
    {
      type: "line",
      data: rows.map((row) => row.value),
      borderColor: colours.mark,
      backgroundColor: colours.mark,
      borderWidth: 2,
      pointRadius: 3,
    },
    { ...edge, data: rows.map((row) => row.low), fill: "+1" },
    { ...edge, data: rows.map((row) => row.high), fill: false },
  ];
}
