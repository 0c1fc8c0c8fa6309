// The project's progress socket. It reconnects by itself; after each connect the server sends a snapshot.

import type { ProjectMessage } from "./messages";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const TOO_MANY = 4429; // more sockets than a person may have: come back when somebody looks at the page
const GONE = new Set([4401, 4403, 4404]); // signed out or no longer a member: trying again can't help

export class ProjectSocket {
  private wait = FIRST_WAIT_MS;

  constructor(
    private readonly path: string,
    private readonly onMessage: (message: ProjectMessage) => void,
    private readonly onConnected: (connected: boolean) => void,
  ) {
    this.connect();
    // Back from sleep or offline: don't sit out a long wait.
    window.addEventListener("online", () => (this.wait = FIRST_WAIT_MS));
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    socket.addEventListener("message", (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as ProjectMessage;
      if (message.type === "snapshot") {
        this.wait = FIRST_WAIT_MS;
        this.onConnected(true);
      }
      this.onMessage(message);
    });
    socket.addEventListener("close", (event) => {
      this.onConnected(false);
      if (GONE.has(event.code)) return;
      if (event.code === TOO_MANY) {
        window.addEventListener("focus", () => this.connect(), { once: true });
        return;
      }
      // Half of the wait is random, so that all pages don't come back at once after a restart.
      setTimeout(() => this.connect(), this.wait * (0.5 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    });
  }
}
