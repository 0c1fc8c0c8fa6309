// Sends the files of one upload, a few at a time. A file that fails does not block the others.

import { pauseAfter } from "../../shared/backoff";
import { csrfToken } from "../../shared/csrf";
import { errorOf, HttpError, jsonOf, send } from "../http";
import type { Found } from "./files";
import type { UploadItem } from "./messages";
import { forget, RESUMABLE_FROM, sendInParts } from "./resumable";

const AT_ONCE = 3;
const TRIES = 4;
const PAUSES = { first: 1_000, longest: 4_000 };

export interface SentFile extends Found {
  state: "waiting" | "sending" | "sent" | "failed";
  /** Bytes that have left. */
  sent: number;
  message: string;
}

/** One drop of files on its way to the server. */
export class Sender {
  readonly files: SentFile[];
  upload: number | null = null;

  constructor(
    files: Found[],
    private readonly start: string,
    private readonly resumable: string,
    private readonly onChange: () => void,
    private readonly onItems: (items: UploadItem[]) => void,
  ) {
    this.files = files.map((found) => ({ ...found, state: "waiting", sent: 0, message: "" }));
  }

  /** Whether leaving the page now would lose something. */
  get busy(): boolean {
    return this.files.some((one) => one.state === "waiting" || one.state === "sending");
  }

  /** Send everything, then close the upload. Throws HttpError when it can't even be opened. */
  async run(): Promise<number> {
    const { id } = await send<{ id: number }>("POST", this.start);
    this.upload = id;
    const lanes = Array.from({ length: AT_ONCE }, () => this.lane(id));
    await Promise.all(lanes);
    await patiently(() => send("POST", `/api/uploads/${id}/close`));
    this.onChange();
    return id;
  }

  private async lane(id: number): Promise<void> {
    for (;;) {
      const next = this.files.find((one) => one.state === "waiting");
      if (!next) return;
      next.state = "sending";
      this.onChange();
      try {
        const inParts = next.file.size >= RESUMABLE_FROM;
        this.onItems(await (inParts ? this.postInParts(id, next) : patiently(() => this.post(id, next))));
        next.state = "sent";
      } catch (error) {
        next.state = "failed";
        next.message = (error as Error).message;
      }
      this.onChange();
    }
  }

  private async postInParts(id: number, one: SentFile): Promise<UploadItem[]> {
    const number = await sendInParts(one.file, one.path, this.resumable, (sent) => {
      one.sent = sent;
      this.onChange();
    });
    const added = await patiently(() =>
      send<{ items: UploadItem[] }>("POST", `/api/uploads/${id}/resumable`, { file: number }),
    );
    forget(one.file, one.path, this.resumable);
    return added.items;
  }

  /** XMLHttpRequest, because fetch does not tell how much has left. */
  private post(id: number, one: SentFile): Promise<UploadItem[]> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/api/uploads/${id}/files`);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.upload.addEventListener("progress", (event) => {
        one.sent = Math.min(event.loaded, one.file.size);
        this.onChange();
      });
      request.addEventListener("load", () => {
        if (request.status !== 201) return reject(errorOf(request.status, jsonOf(request.responseText)));
        one.sent = one.file.size;
        resolve((JSON.parse(request.responseText) as { items: UploadItem[] }).items);
      });
      request.addEventListener("error", () => {
        reject(new HttpError(0, "offline", "The connection was lost, or the file can no longer be read."));
      });
      const body = new FormData();
      body.append("file", one.file, one.file.name);
      if (one.path !== one.file.name) body.append("path", one.path);
      request.send(body);
    });
  }
}

/** Try again after a growing wait while the server is out of reach or busy; other refusals are final. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof HttpError && (error.status === 0 || error.status >= 502 || error.status === 429);
      if (!passing || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(tries, PAUSES)));
    }
  }
}
