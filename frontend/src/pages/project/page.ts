// A tab of a project's page: one socket, and the parts of the tab that it updates.

import { all, need } from "../dom";
import { send } from "../http";
import { INBOX_CHANGED } from "../inbox";
import { showJob, showLife } from "../life";
import { toast } from "../toast";
import { Exports } from "./exports";
import { Gallery } from "./gallery";
import type { ProjectData, ProjectMessage } from "./messages";
import { showCounts } from "./progress";
import { ProjectSocket } from "./socket";
import { Suggestions } from "./suggestions";
import { Uploads } from "./uploads";

/** Bring the page to life, if this is a project's page. */
export function setUpProject(): void {
  const boot = document.querySelector("#project-data");
  if (boot?.textContent) new ProjectPage(JSON.parse(boot.textContent) as ProjectData).start();
}

class ProjectPage {
  private readonly gallery: Gallery | null;
  private readonly uploads: Uploads | null;
  private readonly exports: Exports | null;
  private readonly suggestions: Suggestions | null;
  private connectedBefore = false;
  private total = 0;

  constructor(private readonly data: ProjectData) {
    this.gallery = data.images ? new Gallery(data, data.images) : null;
    this.uploads = Uploads.on(data);
    this.exports = Exports.on(data);
    this.suggestions = Suggestions.on();
  }

  start(): void {
    showCounts(this.data.counts);
    if (matchMedia("(max-width: 60rem)").matches)
      for (const panel of all<HTMLDetailsElement>(".fold")) panel.open = false;
    const retry = document.querySelector("[data-retry-all]");
    retry?.addEventListener("click", () => void this.retryAll());
    new ProjectSocket(
      this.data.socket,
      (message) => this.hear(message),
      (connected) => (need("[data-live-state]").hidden = connected),
    );
  }

  private hear(message: ProjectMessage): void {
    switch (message.type) {
      case "snapshot": {
        // Events before the first snapshot, or while the connection was lost, were missed.
        const missed = this.connectedBefore || JSON.stringify(message.images) !== JSON.stringify(this.data.counts);
        this.connectedBefore = true;
        if (missed) {
          void this.gallery?.refresh();
          this.suggestions?.changed();
        }
        this.takeProgress(message);
        break;
      }
      case "progress":
        this.takeProgress(message);
        break;
      case "image":
        this.gallery?.imageChanged(message.id, message.state, message.reason ?? "");
        break;
      case "annotations":
        this.gallery?.annotationsChanged(message.image, message.status, message.objects, message.version, message.by);
        this.suggestions?.changed();
        break;
      case "upload":
        this.uploads?.changed(message, message.item);
        break;
      case "export":
        this.exports?.changed(message);
        break;
      case "job":
        showJob(message);
        break;
      case "project":
        showLife(message);
        break;
      case "inbox":
        document.dispatchEvent(new Event(INBOX_CHANGED));
        break;
      case "suggestions":
        this.suggestions?.changed();
        break;
    }
  }

  private takeProgress(message: Extract<ProjectMessage, { type: "snapshot" | "progress" }>): void {
    if (message.images.total < this.total) void this.gallery?.refresh(); // somebody deleted images
    this.total = message.images.total;
    showCounts(message.images);
    for (const upload of message.uploads) this.uploads?.changed(upload);
    for (const one of message.exports) this.exports?.changed(one);
  }

  private async retryAll(): Promise<void> {
    try {
      const { queued } = await send<{ queued: number }>("POST", this.data.api.encode);
      toast(
        queued === 1 ? "1 image is being prepared again." : `${queued} images are being prepared again.`,
        "success",
      );
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }
}
