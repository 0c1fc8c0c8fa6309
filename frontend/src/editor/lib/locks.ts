/** Locks between the tabs of a browser. */

import { newUid } from "./uid";

export interface Locks {
  /** How to give it back; null when another tab has the lock and does not give it back within `patience` ms. */
  hold(name: string, patience: number): Promise<(() => void) | null>;
}

/** The browser's own locks: given back by the browser, whatever ends the tab. Only on https and on this machine. */
export class WebLocks implements Locks {
  hold(name: string, patience: number): Promise<(() => void) | null> {
    return new Promise((resolve) => {
      const wait = patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
      const held = (lock: Lock | null) => (lock ? new Promise<void>((release) => resolve(release)) : resolve(null));
      navigator.locks.request(`interlabel:${name}`, wait, held).catch(() => resolve(null));
    });
  }
}

const ANSWER_MS = 120;

/** Where the browser has no locks (a team's server without https): ask the other tabs; who has it says so. */
export class SpokenLocks implements Locks {
  private readonly held = new Set<string>();
  private readonly asked = new Map<string, () => void>();

  constructor(
    private readonly channel: BroadcastChannel,
    private readonly me = newUid(),
  ) {
    channel.addEventListener("message", ({ data }: MessageEvent<{ kind: string; name: string; by: string }>) => {
      const { kind, name, by } = data;
      const mine = this.held.has(name) || (this.asked.has(name) && this.me < by);
      if (kind === "ask" && mine) channel.postMessage({ kind: "taken", name, by: this.me });
      if (kind === "taken") this.asked.get(name)?.();
    });
  }

  async hold(name: string, patience: number): Promise<(() => void) | null> {
    const until = performance.now() + patience;
    do {
      if (!this.held.has(name) && !this.asked.has(name) && (await this.ask(name))) {
        this.held.add(name);
        return () => this.held.delete(name);
      }
    } while (performance.now() < until);
    return null;
  }

  /** Whether nobody has it. */
  private ask(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (free: boolean) => {
        clearTimeout(timer);
        this.asked.delete(name);
        resolve(free);
      };
      const timer = setTimeout(() => end(true), ANSWER_MS);
      this.asked.set(name, () => end(false));
      this.channel.postMessage({ kind: "ask", name, by: this.me });
    });
  }
}

export function browserLocks(): Locks {
  return "locks" in navigator ? new WebLocks() : new SpokenLocks(new BroadcastChannel("interlabel:locks"));
}
