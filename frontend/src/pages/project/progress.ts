// The numbers and progress bars at the top of the project page.

import { all, need } from "../dom";
import type { Counts } from "./messages";

/** The numbers that the page shows: those of the server, and what follows from them. */
function shown(counts: Counts): Record<string, number> {
  return {
    ...counts,
    submitted: counts.done - counts.accepted,
    new: counts.total - counts.in_progress - counts.done - counts.sent_back - counts.skipped,
  };
}

/** Show how far the project is. */
export function showCounts(counts: Counts): void {
  const numbers = shown(counts);
  for (const place of all("[data-count]")) {
    place.textContent = (numbers[place.dataset["count"] ?? ""] ?? 0).toLocaleString("en");
  }
  const start = document.querySelector("[data-start]");
  if (start) start.ariaDisabled = counts.total === 0 ? "true" : null;
  document.querySelector("[data-drop-zone]")?.classList.toggle("drop-zone--compact", counts.total > 0);
  showChips(counts);
  const panel = document.querySelector<HTMLElement>("[data-progress]");
  if (!panel) return;
  panel.hidden = counts.total === 0;
  showBar(need("[data-states-bar]", panel), numbers);
  need("[data-note=ready]", panel).textContent = preparing(counts);
  const retry = panel.querySelector<HTMLElement>("[data-retry-all]");
  if (retry) retry.hidden = counts.failed === 0;
}

/** The bar of states, and its words. */
function showBar(bar: HTMLElement, numbers: Record<string, number>): void {
  const words: string[] = [];
  for (const part of all("[data-part]", bar)) {
    const name = part.dataset["part"] ?? "";
    const number = numbers[name] ?? 0;
    part.style.setProperty("flex-grow", String(number));
    words.push(`${number} ${PARTS[name] ?? name}`);
  }
  bar.ariaLabel = words.join(", ");
}

const PARTS: Record<string, string> = {
  accepted: "accepted",
  submitted: "done",
  sent_back: "sent back",
  in_progress: "in progress",
  skipped: "skipped",
  new: "not started",
};

/** Fill a bar to `part` of `whole`. */
export function setMeter(meter: HTMLElement, part: number, whole: number): void {
  const percent = whole ? (100 * part) / whole : 0;
  meter.style.setProperty("--part", `${percent.toFixed(2)}%`);
  meter.setAttribute("aria-valuenow", percent.toFixed(0));
}

function preparing(counts: Counts): string {
  const parts: string[] = [];
  if (counts.encoding) parts.push(`${counts.encoding} being prepared`);
  if (counts.queued) parts.push(`${counts.queued} waiting`);
  if (counts.failed) parts.push(`${counts.failed} failed`);
  return parts.map((part) => ` · ${part}`).join("");
}

function showChips(counts: Counts): void {
  const numbers: Record<string, number> = {
    ...shown(counts),
    all: counts.total,
    todo: counts.total - counts.done - counts.skipped,
    preparing: counts.queued + counts.encoding,
  };
  for (const place of all("[data-chip]")) {
    const number = numbers[place.dataset["chip"] ?? ""];
    if (number === undefined) continue;
    place.textContent = number.toLocaleString("en");
    const chip = place.closest<HTMLElement>("[data-filter]");
    if (chip && !["", "todo", "done"].includes(chip.dataset["filter"] ?? ""))
      chip.hidden = number === 0 && chip.getAttribute("aria-checked") !== "true";
  }
}
