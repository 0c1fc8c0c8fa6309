/** A tab's scope at an image: the part of the local store that no other tab writes to.
 *
 * A tab has a name that survives reloads. It holds a lock on `person/image/tab` while the image is open in it. Two tabs
 * on one image therefore never overwrite each other's local copies. The next tab that opens the image takes over what a
 * closed or crashed tab left.
 */

import type { Database } from "../lib/indexedDb";
import type { Locks } from "../lib/locks";
import { newUid } from "../lib/uid";
import { joinedOpened, type Opened } from "./draftStore";
import { leftovers, type Leftover } from "./leftovers";
import { joinedPending, type PendingHead } from "./pendingStore";

/** Where a tab remembers its name. */
export interface TabName {
  read(): string | null;
  write(name: string): void;
}

export interface TabScope {
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
export async function takeScope(
  around: { database: Promise<Database> | Database; locks: Locks; name: TabName },
  base: string,
): Promise<TabScope> {
  const database = await around.database;
  const { tab, leave } = await claim(around.locks, around.name, base);
  const scope = `${base}/${tab}`;
  let elsewhere: readonly Leftover[] = [];
  try {
    await adopt(database, around.locks, base, scope);
    elsewhere = await leftovers(database, around.locks, base);
  } catch (error) {
    console.warn("interlabel: changes left by other tabs could not be read", error);
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
async function adopt(database: Database, locks: Locks, base: string, mine: string): Promise<void> {
  const scopes = new Set((await database.keys(`${base}/`)).map(scopeOf));
  scopes.delete(mine);
  for (const left of scopes) {
    const release = await locks.hold(left, 0);
    if (!release) continue; // that tab is open
    try {
      await database.write(await moved(database, left, mine));
    } finally {
      release();
    }
  }
}

/** Everything of `left` as a part of `mine`: one write, so that it is in one of the two whatever happens. */
async function moved(database: Database, left: string, mine: string): Promise<Map<string, unknown>> {
  const keys = (await database.keys(`${left}/`)).filter((key) => scopeOf(key) === left);
  const values = new Map((await database.read(keys)).map((value, index) => [keys[index]!.slice(left.length), value]));
  const own = await database.read(["/open", "/head", "/queue"].map((name) => mine + name));
  const [opened, head, pending] = own as [Opened?, object?, PendingHead?];
  const after = new Map<string, unknown>(keys.map((key) => [key, undefined]));
  const theirs = values.get("/open") as Opened | undefined;
  if (theirs) after.set(`${mine}/open`, joinedOpened(opened, theirs));
  const waiting = values.get("/queue") as PendingHead | undefined;
  if (waiting) for (const [name, value] of joinedPending(pending, waiting, values)) after.set(mine + name, value);
  if (values.get("/head") && !head) {
    for (const [name, value] of values) if (/^\/(?:head|\d+)$/.test(name)) after.set(mine + name, value);
  }
  return after;
}

function scopeOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/"));
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
