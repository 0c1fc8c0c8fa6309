// The exports panel: start one, watch it, download it.

import { shortTime } from "../../shared/time";
import { element, need } from "../dom";
import { send } from "../http";
import { toast } from "../toast";
import { optionsIn, showOptionsOf } from "./formatOptions";
import type { ExportItem, ExportNews, ProjectData } from "./messages";
import { setMeter } from "./progress";

/** Exports that are listed; older ones are in the Django admin. */
const LISTED = 20;

export class Exports {
  private readonly list: HTMLElement;
  private readonly form: HTMLFormElement;
  private readonly items = new Map<number, ExportItem>();

  /** Null for people who may not export. */
  static on(data: ProjectData): Exports | null {
    const root = document.querySelector<HTMLElement>("[data-exports]");
    return root && new Exports(root, data);
  }

  private constructor(
    root: HTMLElement,
    private readonly data: ProjectData,
  ) {
    this.list = need("[data-export-list]", root);
    this.form = need<HTMLFormElement>("[data-export-form]", root);
    for (const item of data.exports ?? []) this.items.set(item.id, item);
    this.form.addEventListener("change", () => showOptionsOf(this.form));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    showOptionsOf(this.form);
    this.draw();
  }

  /** An export got further. */
  changed(news: ExportNews): void {
    const known = this.items.get(news.id);
    this.items.set(news.id, { ...(known ?? { format: "" }), ...news });
    if (known) this.draw();
    else void this.fetchAll();
  }

  private async fetchAll(): Promise<void> {
    try {
      const { results } = await send<{ results: ExportItem[] }>("GET", this.data.api.exports);
      for (const item of results) this.items.set(item.id, item);
      this.draw();
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }

  private async start(): Promise<void> {
    const sent = new FormData(this.form);
    const options = optionsIn(this.form);
    const button = need<HTMLButtonElement>("[type=submit]", this.form);
    button.disabled = true;
    try {
      const made = await send<ExportItem>("POST", this.data.api.exports, { format: sent.get("format"), options });
      this.items.set(made.id, { ...made, ...this.items.get(made.id) }); // news may have come first
      this.draw();
    } catch (error) {
      toast((error as Error).message, "error");
    }
    button.disabled = false;
  }

  private draw(): void {
    const newest = Array.from(this.items.values())
      .sort((a, b) => b.id - a.id)
      .slice(0, LISTED);
    this.list.replaceChildren(...newest.map(row));
    need("[data-no-exports]").hidden = newest.length > 0;
  }
}

function row(item: ExportItem): HTMLElement {
  const made = element("li", "export");
  const head = element("div", "export__head");
  head.append(element("strong", "", item.title ?? item.format.toUpperCase()), element("small", "", when(item)));
  made.append(head);
  if (item.state === "ready" && item.url) {
    const link = element("a", "button button--small", "Download");
    link.href = item.url;
    link.setAttribute("download", "");
    made.append(link);
  } else if (item.state === "expired") {
    made.append(element("p", "", item.reason || "The file was deleted because it was old. Create the export again."));
  } else if (item.state === "failed") {
    made.append(
      element(
        "p",
        "export__reason",
        item.reason ||
          "The export failed. Try again. If it fails again, ask your administrator to look at the server log.",
      ),
    );
  } else {
    const meter = element("div", "meter");
    meter.setAttribute("role", "progressbar");
    meter.ariaLabel = "Export";
    meter.append(element("span", "meter__fill"));
    setMeter(meter, item.done, item.total);
    made.append(meter);
  }
  return made;
}

function when(item: ExportItem): string {
  if (item.state === "queued") return "Waiting";
  if (item.state === "running") return `${item.done} of ${item.total} images`;
  if (!item.created_at) return "";
  return shortTime(item.created_at);
}
