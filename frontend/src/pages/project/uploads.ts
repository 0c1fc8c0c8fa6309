// Adding images: drop zone, file pickers, and the panel with the progress and the rejected files.

import { element, need, plural } from "../dom";
import { HttpError, send } from "../http";
import { toast } from "../toast";
import { filesOf, picked, type Found } from "./files";
import type { ProjectData, UploadItem, UploadNews } from "./messages";
import { setMeter } from "./progress";
import { unfinished } from "./resumable";
import { Sender } from "./sender";

/** Files being sent that are listed at most; the rest is in the numbers. */
const LISTED = 4;

/** In the session's storage: the upload whose rejected files were seen. */
const SEEN = "seen-upload";

export class Uploads {
  private readonly root: HTMLElement;
  private senders: Sender[] = [];
  /** Uploads that the server is working on, ours and other managers'. */
  private readonly news = new Map<number, UploadNews>();
  private readonly rejected = new Map<string, UploadItem>();
  private drawn = 0;

  /** Null for people who may not add images. */
  static on(data: ProjectData): Uploads | null {
    const root = document.querySelector<HTMLElement>("[data-uploads]");
    return root && new Uploads(root, data);
  }

  private constructor(
    root: HTMLElement,
    private readonly data: ProjectData,
  ) {
    this.root = root;
    this.setUpPickers();
    this.setUpDrop();
    need("[data-upload-close]", root).addEventListener("click", () => this.close());
    if (data.last_upload !== null && String(data.last_upload) !== sessionStorage.getItem(SEEN)) {
      void this.fetchItems(data.last_upload);
    }
    need("[data-upload-again]", root).addEventListener("click", () => this.again());
    window.addEventListener("beforeunload", (event) => {
      if (this.senders.some((sender) => sender.busy)) event.preventDefault();
    });
  }

  /** The server got further with an upload. */
  changed(news: UploadNews, item?: UploadItem): void {
    const ours = this.senders.some((sender) => sender.upload === news.id);
    if (!ours && news.state === "done" && !this.news.has(news.id)) return;
    this.news.set(news.id, news);
    if (item) this.note([item]);
    if (news.state === "done" && news.rejected > 0) void this.fetchItems(news.id); // none is missed, zips' neither
    this.draw();
  }

  private setUpPickers(): void {
    for (const kind of ["files", "folder"]) {
      const input = need<HTMLInputElement>(`[data-input=${kind}]`, this.root);
      need(`[data-pick=${kind}]`, this.root).addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        this.add(picked(input.files ?? []));
        input.value = "";
      });
    }
  }

  /** The whole page takes a drop; the veil says so. */
  private setUpDrop(): void {
    const veil = need("[data-drop-veil]");
    let depth = 0; // dragenter and dragleave come for every element on the way
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragenter", (event) => {
      if (carriesFiles(event)) veil.hidden = ++depth === 0;
    });
    document.addEventListener("dragleave", (event) => {
      if (carriesFiles(event)) veil.hidden = --depth <= 0;
    });
    document.addEventListener("dragover", (event) => {
      if (carriesFiles(event)) event.preventDefault();
    });
    document.addEventListener("drop", (event) => {
      if (!event.dataTransfer || !carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      veil.hidden = true;
      filesOf(event.dataTransfer).then(
        (files) => this.add(files),
        () => toast("The files can't be read. Copy them to this computer first, then drop them again.", "error"),
      );
    });
  }

  private add(files: Found[]): void {
    if (files.length === 0) return toast("The dropped folder has no files.", "info");
    if (this.finished) this.clear();
    const sender = new Sender(
      files,
      this.data.api.uploads,
      this.data.api.resumable,
      () => this.draw(),
      (items) => this.note(items),
    );
    this.senders.push(sender);
    this.draw();
    sender.run().then(
      (id) => void this.fetchItems(id),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        for (const one of sender.files) if (one.state !== "sent") [one.state, one.message] = ["failed", message];
        toast(message, "error");
        this.draw();
      },
    );
  }

  /** Send again what did not arrive. */
  private again(): void {
    const failed = this.senders.flatMap((sender) => sender.files).filter((one) => one.state === "failed");
    for (const sender of this.senders) {
      sender.files.splice(0, Infinity, ...sender.files.filter((one) => one.state !== "failed"));
    }
    this.add(failed);
  }

  private async fetchItems(id: number): Promise<void> {
    try {
      const upload = await send<UploadNews & { items: UploadItem[] }>("GET", `/api/uploads/${id}`);
      this.news.set(id, upload);
      this.note(upload.items);
    } catch (error) {
      if (error instanceof HttpError && error.status !== 0) toast(error.message, "error");
    }
  }

  private note(items: UploadItem[]): void {
    for (const item of items) if (item.state === "rejected") this.rejected.set(`${item.name}\n${item.reason}`, item);
    this.draw();
  }

  /** The person has seen what became of the files. */
  private close(): void {
    const newest = Math.max(0, ...this.news.keys());
    if (newest) sessionStorage.setItem(SEEN, String(newest));
    this.clear();
  }

  private clear(): void {
    this.senders = [];
    this.rejected.clear();
    for (const [id, news] of this.news) if (news.state === "done") this.news.delete(id);
    this.draw();
  }

  /** Whether nothing is being sent or looked at any more. */
  private get finished(): boolean {
    const ours = new Set(this.senders.map((sender) => sender.upload));
    const looking = Array.from(this.news.values()).some((one) => {
      // Somebody else's upload may stay open for long; it concerns us while files of it are looked at.
      const pending = one.accepted + one.rejected < one.total;
      return one.state === "processing" || (one.state === "receiving" && (pending || ours.has(one.id)));
    });
    return !looking && !this.senders.some((sender) => sender.busy);
  }

  /** Files of an upload that a page sent before it was closed. */
  private left(): string[] {
    const open = Array.from(this.news.values()).some((one) => one.state === "receiving");
    return open && this.senders.length === 0 ? unfinished(this.data.api.resumable) : [];
  }

  /** Draw once a frame, however many events come in. */
  private draw(): void {
    if (this.drawn) return;
    this.drawn = requestAnimationFrame(() => {
      this.drawn = 0;
      this.drawNow();
    });
  }

  private drawNow(): void {
    const files = this.senders.flatMap((sender) => sender.files);
    const news = Array.from(this.news.values());
    const panel = need("[data-upload-panel]", this.root);
    panel.hidden = files.length === 0 && news.length === 0;
    if (panel.hidden) return;
    const sum = (key: "total" | "accepted" | "rejected") => news.reduce((total, one) => total + one[key], 0);
    const unsent = files.filter((one) => one.state === "waiting" || one.state === "sending").length;
    const failed = files.filter((one) => one.state === "failed");
    const [accepted, rejected, total] = [sum("accepted"), sum("rejected"), sum("total") + unsent];
    const left = this.left();
    need("[data-upload-title]", panel).textContent = this.finished
      ? left.length
        ? `${plural(left.length, "file")} did not arrive as a whole`
        : `${plural(accepted, "image")} added`
      : unsent
        ? `Uploading ${plural(files.length, "file")}`
        : "Checking the files";
    need("[data-upload-numbers]", panel).textContent = this.finished
      ? goingOn(left)
      : `${accepted + rejected} of ${total}`;
    const bytes = files.reduce((sum, one) => sum + one.file.size, 0);
    const sent = files.reduce((sum, one) => sum + (one.state === "failed" ? one.file.size : one.sent), 0);
    // Half of the bar is the way to the server, half is its check of the files.
    const part = (bytes ? sent / bytes : 1) / 2 + (total ? (accepted + rejected) / total : 0) / 2;
    setMeter(need("[data-meter=upload]", panel), this.finished ? 1 : part, 1);
    need("[data-meter=upload]", panel).hidden = this.finished;
    need("[data-upload-close]", panel).hidden = !this.finished;
    need("[data-upload-again]", panel).hidden = failed.length === 0 || unsent > 0;
    this.drawFiles(panel);
    this.drawRejected(panel, failed);
  }

  private drawFiles(panel: HTMLElement): void {
    const sending = this.senders.flatMap((sender) => sender.files).filter((one) => one.state === "sending");
    const rows = sending.slice(0, LISTED).map((one) => {
      const row = element("li", "upload-file");
      const percent = one.file.size ? Math.floor((100 * one.sent) / one.file.size) : 100;
      row.append(element("span", "upload-file__name", one.path), element("span", "", `${percent} %`));
      return row;
    });
    need("[data-upload-files]", panel).replaceChildren(...rows);
  }

  private drawRejected(panel: HTMLElement, failed: { path: string; message: string }[]): void {
    const count = this.rejected.size + failed.length;
    need("[data-rejections]", panel).hidden = count === 0;
    need("[data-rejection-count]", panel).textContent = `${plural(count, "file")} not added`;
    const list = need("[data-rejection-list]", panel);
    if (list.childElementCount === count) return;
    const row = (name: string, message: string) => {
      const made = element("li", "rejection");
      made.append(element("span", "rejection__name", name), element("span", "rejection__reason", message));
      return made;
    };
    list.replaceChildren(
      ...Array.from(this.rejected.values(), (item) =>
        row(item.name, item.message || item.reason || "This file can't be used."),
      ),
      ...failed.map((one) => row(one.path, one.message)),
    );
  }
}

function goingOn(left: readonly string[]): string {
  if (left.length === 0) return "";
  const names = left.slice(0, LISTED).join(", ") + (left.length > LISTED ? ", …" : "");
  return `Choose ${names} again: sending goes on where it stopped.`;
}
