/** Stores unsaved changes locally: each is written once, in order, and removed when the server has it. */

import type { Database } from "../lib/indexedDb";
import type { Operation, SeenSet } from "../model/changes";
import type { RefusedChange } from "./refused";

/** What waits, and the set as it was before it; null when the server has never told it. */
export interface Waiting {
  readonly before: SeenSet | null;
  readonly operations: readonly Operation[];
  /** What the server refused, until the annotator has decided about it. */
  readonly refused?: readonly RefusedChange[];
}

export interface PendingChanges {
  /** What an earlier page left. */
  read(): Promise<Waiting | null>;
  write(waiting: Waiting): void;
}

/** Raised with the stored form. */
const FORM = 1;

export interface PendingHead {
  readonly form: number;
  readonly saved: number;
  readonly before: SeenSet | null;
  readonly serials: readonly number[];
  /** Database of refused changes. */
  readonly refused?: readonly number[];
  /** What the image was: for a file of the changes when it is gone. */
  readonly image?: { readonly name: string; readonly width: number; readonly height: number };
}

export class PendingStore implements PendingChanges {
  private stored: readonly number[] = [];
  private last = 0;
  private serials = new WeakMap<Operation | RefusedChange, number>();

  constructor(
    private readonly database: Database,
    /** Names person, image and tab. */
    private readonly scope: string,
    private readonly image?: PendingHead["image"],
    private readonly now: () => number = Date.now,
  ) {}

  async read(): Promise<Waiting | null> {
    const [head] = (await this.database.read([`${this.scope}/queue`])) as [PendingHead?];
    if (head?.form !== FORM) return null;
    const all = [...head.serials, ...(head.refused ?? [])];
    const found = await this.database.read(all.map((serial) => this.scope + operationKey(serial)));
    this.stored = all;
    this.last = Math.max(0, ...all);
    found.forEach((one, index) => one && this.serials.set(one as Operation, all[index]!));
    const there = (from: number, to?: number) => found.slice(from, to).filter((one) => one !== undefined);
    const operations = there(0, head.serials.length) as Operation[];
    return { before: head.before, operations, refused: there(head.serials.length) as RefusedChange[] };
  }

  write({ before, operations, refused = [] }: Waiting): void {
    if (operations.length + refused.length === 0 && this.stored.length === 0) return;
    const values = new Map<string, unknown>();
    const stored = (one: Operation | RefusedChange) => {
      const known = this.serials.get(one);
      if (known !== undefined) return known;
      const serial = ++this.last;
      this.serials.set(one, serial);
      values.set(this.scope + operationKey(serial), one);
      return serial;
    };
    const [serials, aside] = [operations.map(stored), refused.map(stored)];
    const all = [...serials, ...aside];
    for (const serial of this.stored) {
      if (!all.includes(serial)) values.set(this.scope + operationKey(serial), undefined);
    }
    const head: PendingHead = {
      form: FORM,
      saved: this.now(),
      before,
      serials,
      refused: aside,
      ...(this.image && { image: this.image }),
    };
    values.set(`${this.scope}/queue`, all.length > 0 ? head : undefined);
    this.stored = all;
    this.database.write(values).catch((error: unknown) => {
      console.warn("interlabel: this change could not be stored locally", error);
    });
  }
}

/** The records of two queues as one: first what began from the older version. `values` are those of `left`. */
export function joinedPending(
  mine: PendingHead | undefined,
  left: PendingHead,
  values: ReadonlyMap<string, unknown>,
): Map<string, unknown> {
  const own = mine?.form === FORM ? mine : undefined;
  if (left.form !== FORM) return new Map();
  const all = (head?: PendingHead) => [...(head?.serials ?? []), ...(head?.refused ?? [])];
  const first = Math.max(0, ...all(own)) + 1;
  const place = new Map(all(left).map((serial, index) => [serial, first + index]));
  const after = new Map<string, unknown>();
  for (const [serial, there] of place) after.set(operationKey(there), values.get(operationKey(serial)));
  const [before, older] = earlier(own && own.serials.length > 0 ? own.before : left.before, left.before);
  const joined = (which: "serials" | "refused") => {
    const [here, moved] = [own?.[which] ?? [], (left[which] ?? []).map((serial) => place.get(serial)!)];
    return older ? [...moved, ...here] : [...here, ...moved];
  };
  const image = own?.image ?? left.image;
  const head: PendingHead = {
    form: FORM,
    saved: Math.max(own?.saved ?? 0, left.saved),
    before,
    serials: joined("serials"),
    refused: joined("refused"),
    ...(image && { image }),
  };
  after.set("/queue", head);
  return after;
}

/** The set with the lower version, and whether that is the other one. */
function earlier(one: SeenSet | null, other: SeenSet | null): [SeenSet | null, boolean] {
  if (!one || !other) return [one ?? other, false];
  return other.version < one.version ? [other, true] : [one, false];
}

function operationKey(serial: number): string {
  return `/op-${serial}`;
}

/** As long as the page lives. */
export class MemoryPending implements PendingChanges {
  private waiting: string | null = null;

  read(): Promise<Waiting | null> {
    return Promise.resolve(this.waiting === null ? null : (JSON.parse(this.waiting) as Waiting));
  }

  write(waiting: Waiting): void {
    const nothing = waiting.operations.length + (waiting.refused?.length ?? 0) === 0;
    this.waiting = nothing ? null : JSON.stringify(waiting);
  }
}
