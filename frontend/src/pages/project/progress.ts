// The numbers and progress bars at the top of the project page.

import { all, need, plural } from "../dom";
import type { Counts } from "./messages";

/** Show how far the project is. */
export function showCounts(counts: Counts): void {
  const panel = need("[data-progress]");
  panel.hidden = counts.total === 0;
  for (const place of all("[data-count]", panel)) {
    place.textContent = counts[place.dataset["count"] as keyof Counts].toLocaleString("en");
  }
  setMeter(need("[data-meter=done]", panel), counts.done, counts.total);
  setMeter(need("[data-meter=ready]", panel), counts.ready, counts.total);
  const left = counts.total - counts.done - counts.skipped;
  const skipped = counts.skipped ? ` · ${counts.skipped} skipped` : "";
  need("[data-note=done]", panel).textContent = (left ? `${plural(left, "image")} to go` : "All done") + skipped;
  need("[data-note=ready]", panel).textContent = preparing(counts);
  const retry = panel.querySelector<HTMLElement>("[data-retry-all]");
  if (retry) retry.hidden = counts.failed === 0;
  need("[data-start]").ariaDisabled = counts.total === 0 ? "true" : null;
  document.querySelector("[data-drop-zone]")?.classList.toggle("drop-zone--compact", counts.total > 0);
  showChips(counts);
}

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
  return parts.join(" · ") || "All images are ready to label";
}

function showChips(counts: Counts): void {
  const numbers: Record<string, number> = {
    all: counts.total,
    todo: counts.total - counts.done - counts.skipped,
    done: counts.done,
    skipped: counts.skipped,
    preparing: counts.queued + counts.encoding,
    failed: counts.failed,
  };
  for (const place of all("[data-chip]")) {
    const number = numbers[place.dataset["chip"] ?? ""];
    if (number === undefined) continue;
    place.textContent = number.toLocaleString("en");
    const chip = place.closest<HTMLElement>("[data-filter]");
    const rare = ["failed", "preparing", "skipped"].includes(chip?.dataset["filter"] ?? "");
    if (chip && rare) chip.hidden = number === 0 && chip.getAttribute("aria-checked") !== "true";
  }
}
