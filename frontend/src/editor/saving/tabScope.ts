/** This tab's place at an image: a part of the local store that no other tab writes to.
 *
 * A tab has a name that survives its reloads, and holds a lock on `person/image/tab` while it has the image open. Two tabs
 * on an image so never write over each other's local copies; what a tab left that is gone (closed, crashed) is taken over
 * by the next one that opens the image: nothing stays behind unseen.
 */

import { newUid } from "../model/clicks";
import { joinedOpened, type Opened } from "./draftStore";
import { leftovers, type Leftover } from "./leftovers";
import { joinedQueues, type QueueHead } from "./pendingStore";
import type { Records } from "../lib/indexedDb";

export interface Locks {
  /** How to give it back; null when another tab has the lock and does not give it back within `patience` ms. */
  hold(name: string, patience: number): Promise<(() => void) | null>;
}

/** Where a tab remembers its name. */
export interface TabName {
  read(): string | null;
  write(name: string): void;
}

export interface Place {
  readonly tab: string;
  /** Before the keys of everything this tab stores for the image. */
  readonly scope: string;
  /** Other images with changes that were never saved, and that no tab has open. */
  readonly elsewhere: readonly Leftover[];
  leave(): void;
}

/** A page that is being reloaded gives its lock back within this time. */
const RELOAD_MS = 1_000;

/** Sit down at an image; `base` is `person/image`. */
export async function takePlace(
  around: { records: Promise<Records> | Records; locks: Locks; name: TabName },
  base: string,
): Promise<Place> {
  const records = await around.records;
  const { tab, leave } = await claim(around.locks, around.name, base);
  const scope = `${base}/${tab}`;
  let elsewhere: readonly Leftover[] = [];
  try {
    await adopt(records, around.locks, base, scope);
    elsewhere = await leftovers(records, around.locks, base);
  } catch (error) {
    console.warn("interlabel: what other tabs left here could not be read", error);
  }
  return { tab, scope, elsewhere, leave };
}

async function claim(locks: Locks, name: TabName, base: string): Promise<{ tab: string; leave: () => void }> {
  const known = name.read();
  const again = known && (await locks.hold(`${base}/${known}`, RELOAD_MS));
  if (again) return { tab: known, leave: again };
  const tab = newUid(); // a new tab, or a copy of one that is open here
  name.write(tab);
  return { tab, leave: (await locks.hold(`${base}/${tab}`, 0)) ?? (() => {}) };
}

/** Take over what tabs left that have gone. */
async function adopt(records: Records, locks: Locks, base: string, mine: string): Promise<void> {
  const scopes = new Set((await records.keys(`${base}/`)).map(scopeOf));
  scopes.delete(mine);
  for (const left of scopes) {
    const release = await locks.hold(left, 0);
    if (!release) continue; // that tab is open
    try {
      await records.write(await moved(records, left, mine));
    } finally {
      release();
    }
  }
}

/** Everything of `left` as a part of `mine`: one write, so that it is in one of the two whatever happens. */
async function moved(records: Records, left: string, mine: string): Promise<Map<string, unknown>> {
  const keys = (await records.keys(`${left}/`)).filter((key) => scopeOf(key) === left);
  const values = new Map((await records.read(keys)).map((value, index) => [keys[index]!.slice(left.length), value]));
  const own = await records.read(["/open", "/head", "/queue"].map((name) => mine + name));
  const [opened, head, queue] = own as [Opened?, object?, QueueHead?];
  const after = new Map<string, unknown>(keys.map((key) => [key, undefined]));
  const theirs = values.get("/open") as Opened | undefined;
  if (theirs) after.set(`${mine}/open`, joinedOpened(opened, theirs));
  const waiting = values.get("/queue") as QueueHead | undefined;
  if (waiting) for (const [name, value] of joinedQueues(queue, waiting, values)) after.set(mine + name, value);
  if (values.get("/head") && !head) {
    for (const [name, value] of values) if (/^\/(?:head|\d+)$/.test(name)) after.set(mine + name, value);
  }
  return after;
}

function scopeOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/"));
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

/** In the tab's own storage: gone with the tab, there after a reload and after “reopen closed tab”. */
export const sessionName: TabName = {
  read: () => {
    try {
      return sessionStorage.getItem("interlabel:tab");
    } catch {
      return null;
    }
  },
  write: (name) => {
    try {
      sessionStorage.setItem("interlabel:tab", name);
    } catch {
      // Every reload is a new tab, then; it takes over what the one before left.
    }
  },
};
