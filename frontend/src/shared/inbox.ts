/** The signed-in person's inbox: the newest notices and how many are unread. */

import { errorIn, request } from "./http";
import type { Inbox as InboxData, NoticeData } from "./server_types";

export type Notice = NoticeData;

export interface InboxState {
  readonly unread: number;
  /** Null: not loaded yet. */
  readonly notices: readonly Notice[] | null;
  /** What went wrong with the last request; empty: nothing. */
  readonly trouble: string;
}

const NEWEST = 12;

export class Inbox {
  private state: InboxState = { unread: 0, notices: null, trouble: "" };
  private readonly watchers = new Set<(state: InboxState) => void>();
  /** Raised by every request: an older answer is dropped. */
  private asked = 0;

  constructor(private readonly fetcher?: typeof fetch) {}

  get(): InboxState {
    return this.state;
  }

  /** Calls `watcher` after each change; returns how to stop it. */
  watch(watcher: (state: InboxState) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  load(): Promise<void> {
    return this.ask("GET", `/api/me/inbox?limit=${NEWEST}`);
  }

  /** An image is opened: what is said about it counts as read. */
  async opened(image: number): Promise<void> {
    if (this.state.notices === null) await this.load();
    if (this.state.unread > 0) await this.ask("POST", "/api/me/inbox/read", { image });
  }

  /** All that is shown is read. */
  async readAll(): Promise<void> {
    const newest = this.state.notices?.[0];
    if (newest && this.state.unread > 0) await this.ask("POST", "/api/me/inbox/read", { up_to: newest.id });
  }

  private async ask(method: string, url: string, body?: object): Promise<void> {
    const asked = ++this.asked;
    const options = this.fetcher ? { fetcher: this.fetcher } : {};
    const answer = await request(method, url, body, options).catch(() => null);
    if (asked !== this.asked) return;
    if (!answer?.ok || answer.body === null) {
      const words = answer ? errorIn(answer.body)?.message : null;
      this.set({ trouble: words ?? "The inbox can't be loaded right now." });
      return;
    }
    const { unread, results } = answer.body as Partial<InboxData>;
    if (unread === undefined || !results) return; // what a proxy says in the server's place
    this.set({ unread, notices: results.slice(0, NEWEST), trouble: "" });
  }

  private set(change: Partial<InboxState>): void {
    this.state = { ...this.state, ...change };
    for (const watcher of [...this.watchers]) watcher(this.state);
  }
}

const DID: Readonly<Record<Notice["kind"], string>> = {
  sent_back: "sent back",
  corrected: "corrected and accepted",
  reply: "answered on",
  mention: "named you on",
  assigned: "gave you",
  finished: "finished",
  attention: "needs your attention:",
};

/** Who did what, as in “Ann sent back street-1.jpg”. */
export function saysNotice({ kind, by, image_name: image, project_name: project, text }: Notice): string {
  const subject = image || (kind === "assigned" || kind === "finished" ? text : "") || project;
  return [by ?? (kind === "attention" ? "This" : "Somebody"), DID[kind], subject].join(" ");
}
