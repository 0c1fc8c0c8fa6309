/** Passes the messages of the click socket to the parts that handle them. */

import type { Status } from "../../shared/types";
import type { Store } from "../lib/store";
import type { Outbox } from "../saving/outbox";
import type { Answer, ConnectionState, Listener } from "../server/connection";
import type { AnnotationsMessage, Hello, PresenceMessage, StateMessage, SuggestionsMessage } from "../server/protocol";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { ImageCommands } from "./image";
import type { ProjectNews } from "./news";
import type { Presence } from "./presence";
import type { Preview } from "./preview";
import type { Workbench } from "./workbench";

/** The parts that are told. */
export interface EventContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly bench: Workbench;
  readonly image: ImageCommands;
  readonly news: ProjectNews;
  readonly presence: Presence;
  readonly preview: Preview;
  readonly suggestions: {
    connected(): void;
    readonly requests: { heard(news: SuggestionsMessage): Promise<void> };
  };
  readonly review: { load(): Promise<void>; heard(status: Status): void };
  readonly inbox: { load(): Promise<void> };
  prefetch(images: readonly number[]): void;
}

export class ServerEvents implements Listener {
  private greeted = false;

  constructor(private readonly context: EventContext) {}

  connection(connection: ConnectionState): void {
    const { store, presence, outbox } = this.context;
    store.set({ connection });
    if (connection !== "open") presence.forget();
    if (connection === "lost" || connection === "denied") void outbox.check();
  }

  hello({ state }: Hello): void {
    const { boot, image, news, presence, suggestions } = this.context;
    presence.arrive();
    image.showEncoding({ type: "state", state });
    this.context.prefetch(boot.upcoming.map(({ id }) => id));
    suggestions.connected();
    if (this.greeted) {
      void news.load(); // what was told meanwhile was not heard
      void this.context.review.load();
      void this.context.inbox.load();
    }
    this.greeted = true;
  }

  encoding(message: StateMessage): void {
    this.context.image.showEncoding(message);
  }

  annotations({ version, by, status }: AnnotationsMessage): void {
    const { boot, store, outbox, review } = this.context;
    review.heard(status);
    if (by !== boot.user.name) store.set({ other: by });
    void outbox.refresh(version);
  }

  presence(message: PresenceMessage): void {
    this.context.presence.receive(message);
  }

  suggestions(news: SuggestionsMessage): void {
    void this.context.suggestions.requests.heard(news);
  }

  project(): void {
    void this.context.news.load();
  }

  review(): void {
    void this.context.review.load();
  }

  inbox(): void {
    void this.context.inbox.load();
  }

  gone(what: "image" | "project"): void {
    this.context.news.gone(what);
  }

  mask(answer: Answer): void {
    const { bench, preview, store } = this.context;
    if (preview.receive(answer)) return;
    store.set({ latency: answer.milliseconds });
    bench.receive(answer);
  }

  refused(object: string, code: string, message: string): void {
    const { bench, preview } = this.context;
    if (!preview.refused(object)) bench.refused(object, code, message);
  }
}
