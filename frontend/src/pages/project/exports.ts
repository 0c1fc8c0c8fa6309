// The exports panel: start one, watch it, download it; frozen versions, and what changed from one to the next.

import type { DifferenceData } from "../../shared/server_types";
import { shortTime } from "../../shared/time";
import { confirmed } from "../dialog";
import { element, need, plural } from "../dom";
import { send } from "../http";
import { toast } from "../toast";
import { optionsIn, showOptionsOf } from "./formatOptions";
import { Losses } from "./losses";
import type { ExportItem, ExportNews, ProjectData } from "./messages";
import { setMeter } from "./progress";

/** Exports that are listed; older ones are in the Django admin. */
const LISTED = 20;
const NO_EXPORTS = "No exports yet. Create one to download the labels.";
const NO_OTHERS = "No others. Exports without a name expire; they are listed here.";

export class Exports {
  private readonly list: HTMLElement;
  private readonly form: HTMLFormElement;
  private readonly losses: Losses;
  private readonly items = new Map<number, ExportItem>();
  private readonly rows = new Map<number, { shown: string; row: HTMLElement }>();

  /** Null for people who may not export. */
  static on(data: ProjectData): Exports | null {
    const root = document.querySelector<HTMLElement>("[data-exports]");
    return root && new Exports(root, data);
  }

  private constructor(
    private readonly root: HTMLElement,
    private readonly data: ProjectData,
  ) {
    this.list = need("[data-export-list]", root);
    this.form = need<HTMLFormElement>("[data-export-form]", root);
    this.losses = new Losses(need("[data-losses]", root), `${data.api.exports}/losses`);
    this.take(data.exports ?? []);
    this.take(data.versions ?? []);
    this.form.addEventListener("change", () => this.chosen());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    this.chosen();
    this.draw();
  }

  /** An export got further. */
  changed(news: ExportNews): void {
    const known = this.items.get(news.id);
    this.items.set(news.id, { ...(known ?? { format: "" }), ...news });
    if (known && news.state !== "ready") this.draw();
    else void this.fetchAll(); // a ready one has a checksum
  }

  private chosen(): void {
    showOptionsOf(this.form);
    const more = this.form.querySelector<HTMLElement>("[data-sink-more]");
    if (more) more.hidden = !new FormData(this.form).get("sink");
    this.losses.ask(new FormData(this.form).get("format") as string, optionsIn(this.form));
  }

  private take(items: readonly ExportItem[]): void {
    for (const item of items) this.items.set(item.id, item);
  }

  private async fetchAll(): Promise<void> {
    try {
      const found = await send<{ results: ExportItem[]; versions: ExportItem[] }>("GET", this.data.api.exports);
      this.take(found.results);
      this.take(found.versions);
      this.draw();
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }

  private async start(): Promise<void> {
    const sent = new FormData(this.form);
    const options = optionsIn(this.form);
    const button = need<HTMLButtonElement>("[type=submit]", this.form);
    const freeze = (sent.get("freeze") as string | null) ?? "";
    button.disabled = true;
    try {
      const body = { format: sent.get("format"), options, freeze, ...sinkIn(sent) };
      const made = await send<ExportItem>("POST", this.data.api.exports, body);
      this.items.set(made.id, { ...made, ...this.items.get(made.id) }); // news may have come first
      this.draw();
      const name = this.form.querySelector<HTMLInputElement>("[name=freeze]");
      if (name) name.value = "";
    } catch (error) {
      toast((error as Error).message, "error");
    }
    button.disabled = false;
  }

  private draw(): void {
    const newest = Array.from(this.items.values()).sort((a, b) => b.id - a.id);
    const versions = newest.filter((one) => one.name);
    const others = newest.filter((one) => !one.name).slice(0, LISTED);
    need("[data-version-list]", this.root).replaceChildren(...versions.map((one) => this.rowOf(one)));
    need("[data-versions]", this.root).hidden = versions.length === 0;
    this.list.replaceChildren(...others.map((one) => this.rowOf(one)));
    const none = need("[data-no-exports]", this.root);
    none.hidden = others.length > 0;
    none.textContent = versions.length > 0 ? NO_OTHERS : NO_EXPORTS;
  }

  /** The row as it stands while nothing of the export has changed: what is open or typed in it stays. */
  private rowOf(item: ExportItem): HTMLElement {
    const shown = JSON.stringify(item);
    const known = this.rows.get(item.id);
    if (known?.shown === shown) return known.row;
    const row = this.row(item);
    this.rows.set(item.id, { shown, row });
    return row;
  }

  private row(item: ExportItem): HTMLElement {
    const made = element("li", "export");
    const head = element("div", "export__head");
    const title = item.title ?? item.format.toUpperCase();
    head.append(
      element("strong", "", item.name ?? title),
      element("small", "", item.name ? `${title}, ${when(item)}` : when(item)),
    );
    made.append(head);
    if (item.state === "ready") {
      made.append(this.actions(item));
      if (item.sha256) made.append(element("code", "export__sum", `SHA-256 ${item.sha256}`));
      if (item.delivered) made.append(element("p", "export__sum", `Also at ${item.delivered}`));
      if (item.name && this.hasOlder(item)) made.append(difference(item));
    } else made.append(state(item));
    return made;
  }

  private hasOlder({ id }: ExportItem): boolean {
    return Array.from(this.items.values()).some((one) => one.name && one.id < id);
  }

  private actions(item: ExportItem): HTMLElement {
    const actions = element("div", "export__actions");
    if (item.url) {
      const link = element("a", "button button--small", "Download");
      link.href = item.url;
      link.setAttribute("download", "");
      actions.append(link);
    } else actions.append(element("small", "", "For managers only"));
    if (item.url && !item.name && "mayFreeze" in this.root.dataset) actions.append(this.freezing(item));
    if ("mayFreeze" in this.root.dataset && (!item.name || "mayDeleteVersions" in this.root.dataset)) {
      const button = element("button", "button button--small button--quiet", "Delete");
      button.type = "button";
      button.ariaLabel = `Delete ${item.name ?? `export ${item.id}`}`;
      button.addEventListener("click", () => void this.remove(item));
      actions.append(button);
    }
    return actions;
  }

  /** A name, and the button that makes the export a version. */
  private freezing(item: ExportItem): HTMLElement {
    const fold = element("details", "export__freeze");
    const form = element("form", "");
    const name = element("input", "input");
    name.required = true;
    name.maxLength = 80;
    name.ariaLabel = "Name of the version";
    name.placeholder = "Name of the version";
    const button = element("button", "button button--small", "Freeze");
    form.append(name, button);
    fold.append(element("summary", "button button--small", "Freeze …"), form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act(() => send("POST", `/api/exports/${item.id}/freeze`, { name: name.value }));
    });
    return fold;
  }

  private async remove(item: ExportItem): Promise<void> {
    const question = item.name
      ? `Delete the version “${item.name}” for good? Its file can't be made again once labels have changed.`
      : "Delete this export? You can create it again.";
    if (!(await confirmed(question, "Delete"))) return;
    await this.act(async () => {
      await send("DELETE", `/api/exports/${item.id}`);
      this.items.delete(item.id);
    });
  }

  private async act(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
      await this.fetchAll();
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }
}

/** Why there is no file, or how far it is. */
function state(item: ExportItem): HTMLElement {
  if (item.state === "expired")
    return element("p", "", item.reason ?? "The file was deleted because it was old. Create the export again.");
  if (item.state === "failed")
    return element(
      "p",
      "export__reason",
      item.reason ??
        "The export failed. Try again. If it fails again, ask your administrator to look at the server log.",
    );
  const meter = element("div", "meter");
  meter.setAttribute("role", "progressbar");
  meter.ariaLabel = "Export";
  meter.append(element("span", "meter__fill"));
  setMeter(meter, item.done, item.total);
  return meter;
}

function when(item: ExportItem): string {
  if (item.state === "queued") return "Waiting";
  if (item.state === "running") return `${item.done} of ${item.total} images`;
  if (!item.created_at) return "";
  return shortTime(item.created_at);
}

/** What changed since the version before: fetched when it is opened. */
function difference(item: ExportItem): HTMLElement {
  const fold = element("details", "export__difference");
  const body = element("div", "");
  fold.append(element("summary", "", "What changed"), body);
  fold.addEventListener("toggle", () => {
    if (!fold.open || body.childElementCount > 0) return;
    send<DifferenceData>("GET", `/api/exports/${item.id}/difference`).then(
      (found) => body.replaceChildren(...described(found)),
      (error: unknown) => body.replaceChildren(element("p", "section__note", (error as Error).message)),
    );
  });
  return fold;
}

function described(found: DifferenceData): HTMLElement[] {
  const parts: HTMLElement[] = [
    element("p", "", `Since “${found.before_name || `export ${found.before}`}”: ${sums(found.images, "image")}.`),
  ];
  if (found.by_class.length > 0) parts.push(table(found));
  for (const one of found.classes_renamed)
    parts.push(element("p", "", `The class “${one.before}” is now “${one.after}”.`));
  if (found.classes_added.length) parts.push(element("p", "", `New classes: ${found.classes_added.join(", ")}.`));
  if (found.classes_removed.length)
    parts.push(element("p", "", `Classes that are gone: ${found.classes_removed.join(", ")}.`));
  const link = element("a", "", "Download all changes (JSON)");
  link.href = found.url;
  link.setAttribute("download", "");
  parts.push(link);
  return parts;
}

function sums(counts: DifferenceData["images"], what: string): string {
  const { added, removed, changed } = counts;
  if (added + removed + changed === 0) return "nothing";
  return `${plural(added, what)} added, ${removed.toLocaleString("en")} removed, ${changed.toLocaleString("en")} changed`;
}

function table(found: DifferenceData): HTMLElement {
  const made = element("table", "table");
  const head = element("tr");
  for (const name of ["Class", "Added", "Removed", "Changed"]) {
    const cell = element("th", name === "Class" ? "" : "table__number", name);
    cell.scope = "col";
    head.append(cell);
  }
  const body = element("tbody");
  for (const one of found.by_class) {
    const row = element("tr");
    row.append(element("td", "", one.name));
    for (const count of [one.added, one.removed, one.changed])
      row.append(element("td", "table__number", count.toLocaleString("en")));
    body.append(row);
  }
  const top = element("thead");
  top.append(head);
  made.append(top, body);
  return made;
}

/** The bucket that is chosen in the form, as the API takes it. */
function sinkIn(sent: FormData): object {
  const place = sent.get("sink");
  if (!place) return {};
  return { sink: { place, folder: sent.get("sink_folder"), unpack: sent.has("sink_unpack") } };
}
