// The project's progress socket. It reconnects by itself; after each connect the server sends a snapshot.

import { pauseAfter, spread } from "../../shared/backoff";
import type { ProjectMessage } from "./messages";

const PAUSES = { first: 500, longest: 15_000 };
const TOO_MANY = 4429; // more sockets than a person may have: come back when somebody looks at the page
const GONE = new Set([4401, 4403, 4404]); // signed out or no longer a member: trying again can't help

export class ProjectSocket {
  private failures = 0;

  constructor(
    private readonly path: string,
    private readonly onMessage: (message: ProjectMessage) => void,
    private readonly onConnected: (connected: boolean) => void,
    /** There is nothing to hear any more: the project is gone, or this person may not see it. */
    private readonly onGone: () => void = () => undefined,
  ) {
    this.connect();
    // Back from sleep or offline: don't sit out a long wait.
    window.addEventListener("online", () => (this.failures = 0));
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    socket.addEventListener("message", (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as ProjectMessage;
      if (message.type === "snapshot") {
        this.failures = 0;
        this.onConnected(true);
      }
      this.onMessage(message);
    });
    socket.addEventListener("close", (event) => {
      this.onConnected(false);
      if (GONE.has(event.code)) return this.onGone();
      if (event.code === TOO_MANY) {
        window.addEventListener("focus", () => this.connect(), { once: true });
        return;
      }
      this.failures += 1;
      setTimeout(() => this.connect(), spread(pauseAfter(this.failures, PAUSES)));
    });
  }
}
