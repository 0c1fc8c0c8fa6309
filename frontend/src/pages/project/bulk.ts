// The bar of actions on selected images. Each image is changed by itself; the answer says how many were not, and why.

import type { BulkDone } from "../../shared/server_types";
import { confirmed } from "../dialog";
import { element, need, plural } from "../dom";
import { send } from "../http";
import { toast } from "../toast";
import { Losses } from "./losses";
import type { Query } from "./query";
import type { Selection } from "./selection";

/** Images that one request takes. */
const AT_ONCE = 200;

export interface Action {
  kind: "assign" | "lot" | "tag" | "status" | "golden" | "delete";
  members?: number[];
  lot?: number;
  tag?: string;
  status?: string;
  reason?: string;
  remove?: boolean;
}
type Seen = { id: number; version?: number | null };

interface Shown {
  /** Images that are loaded, with the versions of their labels that are shown. */
  versions(): Map<number, number>;
  /** Images that the filters choose in all; null while that is not known. */
  total(): number | null;
  refresh(): Promise<void>;
}

/** What became of images, over several requests. */
interface Sum {
  done: number;
  refused: number;
  why: BulkDone["why"][number][];
  undo: BulkDone["undo"][number][];
}

const STATE_WORDS: Record<string, string> = {
  new: "not started",
  in_progress: "in progress",
  done: "done",
  skipped: "skipped",
};

/** What became of `count` images: "6 images moved to “Batch 1”". `lot`: the name of the lot they went into. */
export function outcome(action: Action, count: number, lot = ""): string {
  const images = plural(count, "image");
  const { kind, members, tag, status = "", remove } = action;
  switch (kind) {
    case "assign":
      return members?.length ? `${images} assigned` : `${images} taken back`;
    case "lot":
      return `${images} moved to “${lot}”`;
    case "tag":
      return remove ? `${images} no longer tagged “${tag ?? ""}”` : `${images} tagged “${tag ?? ""}”`;
    case "status":
      return `${images} set to ${STATE_WORDS[status] ?? status}`;
    case "golden":
      return remove ? `${images} no longer golden` : `${images} marked as golden`;
    case "delete":
      return `${images} deleted`;
  }
}

export class Bulk {
  private busy = false;

  static on(address: string, selection: Selection, query: Query, shown: Shown): Bulk | null {
    const root = document.querySelector<HTMLElement>("[data-bulk]");
    return root && new Bulk(root, address, selection, query, shown);
  }

  private constructor(
    private readonly root: HTMLElement,
    private readonly address: string,
    private readonly selection: Selection,
    private readonly query: Query,
    private readonly shown: Shown,
  ) {
    need("[data-bulk-none]", root).addEventListener("click", () => selection.clear());
    need("[data-bulk-all]", root).addEventListener("click", () => selection.everything());
    for (const form of root.querySelectorAll<HTMLFormElement>("[data-act]")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.submit(form, event.submitter as HTMLButtonElement | null);
      });
    }
    need("[data-take-back]", root).addEventListener("click", () => void this.act({ kind: "assign", members: [] }));
    root.querySelector("[data-bulk-delete]")?.addEventListener("click", () => void this.remove());
    this.setUpLosses();
    document.addEventListener("keydown", (event) => {
      const typing = (event.target as Element).closest(
        "input:not([type=checkbox]), textarea, select, dialog, details[open]",
      );
      if (event.key === "Escape" && !typing && !this.busy) selection.clear();
    });
  }

  /** Show how many are selected. */
  draw(): void {
    const { all, size } = this.selection;
    this.root.hidden = !all && size === 0;
    const total = this.shown.total();
    const count = all ? (total ?? size) : size;
    need("[data-bulk-count]", this.root).textContent = `${plural(count, "image")} selected`;
    const button = need("[data-bulk-all]", this.root);
    button.hidden = all || total === null || size >= total;
    button.textContent = `Select all ${(total ?? 0).toLocaleString("en")}`;
  }

  private submit(form: HTMLFormElement, button: HTMLButtonElement | null): void {
    const data = new FormData(form, button);
    const text = (name: string) => (data.get(name) as string | null) ?? "";
    form.closest("details")?.removeAttribute("open");
    switch (form.dataset["act"]) {
      case "assign": {
        const members = data.getAll("members").map(Number);
        if (members.length === 0) return toast("Choose at least one person.", "error");
        return void this.act({ kind: "assign", members });
      }
      case "lot":
        return void this.act({ kind: "lot", lot: Number(text("lot")) });
      case "tag":
        return void this.act({ kind: "tag", tag: text("tag"), remove: text("remove") === "1" });
      case "status":
        return void this.act({
          kind: "status",
          status: text("status"),
          reason: text("status") === "skipped" ? text("reason") : "",
        });
      case "golden":
        return void this.act({ kind: "golden", remove: text("remove") === "1" });
      case "export":
        return void this.exportThese(text("format"));
    }
  }

  private async remove(): Promise<void> {
    const count = this.selection.all ? (this.shown.total() ?? 0) : this.selection.size;
    if (await confirmed(`Delete ${plural(count, "image")} with all labels? This can't be undone.`, "Delete"))
      await this.act({ kind: "delete" });
  }

  /** What is selected, as an export takes it. */
  private get chosen(): Record<string, unknown> {
    return { images: "all", ...(this.selection.all ? { filter: this.query.body } : { only: this.selection.list }) };
  }

  /** The menu says what its format would lose of the selected images, each time that it is opened. */
  private setUpLosses(): void {
    const form = this.root.querySelector<HTMLFormElement>("[data-act=export]");
    if (!form) return;
    const losses = new Losses(need("[data-losses]", form), `${this.exports}/losses`);
    const ask = () => losses.ask(new FormData(form).get("format") as string, this.chosen);
    form.addEventListener("change", ask);
    const menu = form.closest("details");
    menu?.addEventListener("toggle", () => {
      if (menu.open) ask();
    });
  }

  private get exports(): string {
    return this.address.replace(/images\/bulk$/, "exports");
  }

  private async exportThese(format: string): Promise<void> {
    try {
      await send("POST", this.exports, { format, options: this.chosen });
      toast("The export has started. Download it on the Exports tab.", "success");
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }

  private async act(action: Action): Promise<void> {
    if (this.busy) return;
    this.working(true);
    const sum: Sum = { done: 0, refused: 0, why: [], undo: [] };
    try {
      if (this.selection.all) await this.onAll(action, sum);
      else await this.onSome(action, this.seen(), sum);
      this.tell(action, sum);
    } catch (error) {
      toast((error as Error).message, "error");
      if (sum.done) this.tell(action, sum);
    }
    if (sum.done && action.tag && !action.remove) this.query.offerTag(action.tag);
    this.working(false);
    this.selection.clear();
    await this.shown.refresh();
  }

  private seen(): Seen[] {
    const versions = this.shown.versions();
    return this.selection.list.map((id) => ({ id, version: versions.get(id) ?? null }));
  }

  private async onSome(action: unknown, images: readonly Seen[], sum: Sum): Promise<void> {
    for (let at = 0; at < images.length; at += AT_ONCE) {
      const some = images.slice(at, at + AT_ONCE);
      this.add(sum, await send<BulkDone>("POST", this.address, { action, images: some }), images.length);
    }
  }

  private async onAll(action: Action, sum: Sum): Promise<void> {
    let after: number | null = 0;
    while (after !== null) {
      const body: Record<string, unknown> = { action, filter: this.query.body, after };
      const answer: BulkDone = await send<BulkDone>("POST", this.address, body);
      this.add(sum, answer, this.shown.total() ?? 0);
      after = answer.next;
    }
  }

  private add(sum: Sum, answer: BulkDone, of: number): void {
    sum.done += answer.done;
    sum.refused += answer.refused;
    sum.why.push(...answer.why);
    sum.undo.push(...answer.undo);
    const progress = need("[data-bulk-progress]", this.root);
    progress.textContent = `${(sum.done + sum.refused).toLocaleString("en")} of ${of.toLocaleString("en")}`;
  }

  private tell(action: Action, sum: Sum): void {
    const changed = sum.why.filter((one) => one.code === "conflict").length;
    const other = sum.refused - changed;
    const lot = action.lot ? this.root.querySelector(`[name=lot] [value="${action.lot}"]`) : null;
    const parts = sum.done || !sum.refused ? [outcome(action, sum.done, lot?.textContent ?? "")] : [];
    if (changed) parts.push(`${changed} changed by others`);
    if (other)
      parts.push(
        `${other} not changed${sum.why[0] ? `: ${sum.why.find((one) => one.code !== "conflict")?.message ?? ""}` : ""}`,
      );
    const undo = sum.undo.length ? { label: "Undo", act: () => void this.undo(sum.undo) } : undefined;
    toast(parts.join(", "), sum.refused ? "info" : "success", undo);
  }

  private async undo(steps: Sum["undo"]): Promise<void> {
    const sum: Sum = { done: 0, refused: 0, why: [], undo: [] };
    try {
      for (const step of steps) await this.onSome(step.action, step.images, sum);
      toast(
        `Undone for ${plural(sum.done, "image")}${sum.refused ? `, ${sum.refused} changed meanwhile` : ""}.`,
        "success",
      );
    } catch (error) {
      toast((error as Error).message, "error");
    }
    await this.shown.refresh();
  }

  private working(busy: boolean): void {
    this.busy = busy;
    const progress = need("[data-bulk-progress]", this.root);
    progress.hidden = !busy;
    progress.replaceChildren(element("span", "", ""));
    for (const one of this.root.querySelectorAll<HTMLButtonElement>("button")) one.disabled = busy;
  }
}
