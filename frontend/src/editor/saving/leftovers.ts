/** Changes of other images that a closed tab could not save: open, download or discard them. */

import type { Database } from "../lib/indexedDb";
import type { Locks } from "../lib/locks";
import { PendingStore, type PendingHead, type Waiting } from "./pendingStore";

export interface Leftover {
  readonly image: number;
  /** What it is called; null where an older editor did not store it. */
  readonly name: string | null;
  /** Whether it can still be opened; null while that is not known. */
  readonly there: boolean | null;
}

export interface Left extends Waiting {
  readonly image: PendingHead["image"] | null;
}

/** The person's images with changes that no open tab has, but for the one of `base` (`person/image`). */
export async function leftovers(database: Database, locks: Locks, base: string): Promise<Leftover[]> {
  const [person] = base.split("/");
  const found = new Map<number, Leftover>();
  for (const scope of await scopesWithPending(database, `${person}/`)) {
    if (`${scope}/`.startsWith(`${base}/`)) continue;
    const release = await locks.hold(scope, 0);
    if (!release) continue; // the tab that has it open saves it
    release();
    const image = Number(scope.split("/")[1]);
    if (!Number.isInteger(image) || found.has(image)) continue;
    const name = (await headOf(database, scope))?.image?.name ?? null;
    found.set(image, { image, name, there: null });
  }
  return [...found.values()];
}

/** Everything that waits for an image, of all tabs. */
export async function leftOf(database: Database, person: number, image: number): Promise<Left> {
  const all: Waiting[] = [];
  let about: Left["image"] = null;
  for (const scope of await scopesWithPending(database, `${person}/${image}/`)) {
    about = (await headOf(database, scope))?.image ?? about;
    const waiting = await new PendingStore(database, scope).read();
    if (waiting) all.push(waiting);
  }
  return {
    before: null,
    operations: all.flatMap(({ operations }) => operations),
    refused: all.flatMap(({ refused = [] }) => refused),
    image: about,
  };
}

/** Forget what waits for an image; not what a tab has that is open. */
export async function discard(database: Database, locks: Locks, person: number, image: number): Promise<void> {
  for (const scope of await scopesWithPending(database, `${person}/${image}/`)) {
    const release = await locks.hold(scope, 0);
    if (!release) continue;
    try {
      const keys = (await database.keys(`${scope}/`)).filter((key) => /\/(?:queue|op-\d+|open)$/.test(key));
      await database.write(new Map(keys.map((key) => [key, undefined])));
    } finally {
      release();
    }
  }
}

async function scopesWithPending(database: Database, prefix: string): Promise<string[]> {
  const keys = (await database.keys(prefix)).filter((key) => key.endsWith("/queue"));
  return keys.map((key) => key.slice(0, -"/queue".length));
}

async function headOf(database: Database, scope: string): Promise<PendingHead | undefined> {
  const [head] = (await database.read([`${scope}/queue`])) as [PendingHead?];
  return head;
}
