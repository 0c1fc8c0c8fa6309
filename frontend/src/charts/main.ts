// Draws the charts of a page. Each `figure[data-chart]` has a table with the same numbers, which is what this reads:
// a chart can't say anything else than its table, and without this file the table is all there is.

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { all, need } from "../pages/dom";
import { type Colours, configOf, type Kind, type Series } from "./kinds";
import { type Row, rowsOf } from "./rows";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

const ROW_PIXELS = 26;
const drawn = new Map<HTMLElement, Chart>();

function draw(figure: HTMLElement): void {
  const rows = read(figure);
  const plot = need("[data-chart-plot]", figure);
  plot.hidden = rows.length === 0;
  if (rows.length === 0) return;
  const kind = figure.dataset["chart"] as Kind;
  if (kind === "intervals") plot.style.setProperty("block-size", `${String(rows.length * ROW_PIXELS + 48)}px`);
  drawn.get(figure)?.destroy();
  const config = configOf(kind, rows, coloursOf(figure), end(figure, "from"), end(figure, "to"), seriesOf(figure));
  drawn.set(figure, new Chart(need<HTMLCanvasElement>("canvas", plot), config as never));
}

/** The legend's entries: the canvas has the colours of their swatches. */
function seriesOf(figure: HTMLElement): Series[] {
  return all("[data-series]", figure).map((entry) => ({
    name: entry.textContent.trim(),
    colour: getComputedStyle(need(":scope > *", entry)).backgroundColor,
  }));
}

function end(figure: HTMLElement, name: string): number | undefined {
  const text = figure.dataset[name];
  return text === undefined ? undefined : Number(text);
}

function read(figure: HTMLElement): Row[] {
  return rowsOf(
    all("tr[data-value], tr[data-values]", figure).map((row) => ({
      label: row.querySelector("th")?.textContent.trim() ?? "",
      value: row.dataset["value"],
      low: row.dataset["low"],
      high: row.dataset["high"],
      values: row.dataset["values"],
      text: row.dataset["text"] ?? row.querySelector("td")?.textContent.trim() ?? "",
    })),
  );
}

/** The page's colours for an element: a canvas knows neither variables nor light-dark(). */
function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const resolved = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    text: resolved("--color-muted"),
    grid: resolved("--color-border"),
    mark: resolved("--color-accent"),
    soft: resolved("--color-chart-soft"),
  };
  probe.remove();
  return colours;
}

function drawAll(): void {
  for (const figure of all("figure[data-chart]")) draw(figure);
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
