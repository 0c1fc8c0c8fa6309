/** Changes that are not saved yet, in the local store: each written once, in order, until the server has them. */

import type { Operation, SeenSet } from "./changes";
import type { Records } from "./records";

/** What waits, and the set as it was before it; null when the server has never told it. */
export interface Waiting {
  readonly before: SeenSet | null;
  readonly operations: readonly Operation[];
}

export interface Drawer {
  /** What an earlier page left. */
  read(): Promise<Waiting | null>;
  write(waiting: Waiting): void;
}

/** Raised with the stored form. */
const FORM = 1;

export interface QueueHead {
  readonly form: number;
  readonly saved: number;
  readonly before: SeenSet | null;
  readonly serials: readonly number[];
}

export class Queue implements Drawer {
  private stored: readonly number[] = [];
  private last = 0;
  private serials = new WeakMap<Operation, number>();

  constructor(
    private readonly records: Records,
    /** Names person, image and tab. */
    private readonly scope: string,
    private readonly now: () => number = Date.now,
  ) {}

  async read(): Promise<Waiting | null> {
    const [head] = (await this.records.read([`${this.scope}/queue`])) as [QueueHead?];
    if (head?.form !== FORM) return null;
    const keys = head.serials.map((serial) => this.scope + operationKey(serial));
    const operations = (await this.records.read(keys)) as (Operation | undefined)[];
    this.stored = head.serials;
    this.last = Math.max(0, ...head.serials);
    operations.forEach((one, index) => one && this.serials.set(one, head.serials[index]!));
    return { before: head.before, operations: operations.filter((one) => one !== undefined) };
  }

  write({ before, operations }: Waiting): void {
    if (operations.length === 0 && this.stored.length === 0) return;
    const values = new Map<string, unknown>();
    const serials = operations.map((one) => {
      const known = this.serials.get(one);
      if (known !== undefined) return known;
      const serial = ++this.last;
      this.serials.set(one, serial);
      values.set(this.scope + operationKey(serial), one);
      return serial;
    });
    for (const serial of this.stored) {
      if (!serials.includes(serial)) values.set(this.scope + operationKey(serial), undefined);
    }
    const head: QueueHead = { form: FORM, saved: this.now(), before, serials };
    values.set(`${this.scope}/queue`, serials.length > 0 ? head : undefined);
    this.stored = serials;
    this.records.write(values).catch((error: unknown) => {
      console.warn("interlabel: this change could not be stored locally", error);
    });
  }
}

/** The records of two queues as one: first what began from the older version. `values` are those of `left`. */
export function joinedQueues(
  mine: QueueHead | undefined,
  left: QueueHead,
  values: ReadonlyMap<string, unknown>,
): Map<string, unknown> {
  const own = mine?.form === FORM ? mine.serials : [];
  if (left.form !== FORM) return new Map();
  const first = Math.max(0, ...own) + 1;
  const moved = left.serials.map((_, index) => first + index);
  const after = new Map<string, unknown>();
  left.serials.forEach((serial, index) => after.set(operationKey(moved[index]!), values.get(operationKey(serial))));
  const [before, older] = earlier(own.length > 0 ? mine!.before : left.before, left.before);
  const serials = older ? [...moved, ...own] : [...own, ...moved];
  after.set("/queue", { form: FORM, saved: Math.max(mine?.saved ?? 0, left.saved), before, serials });
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
export class MemoryDrawer implements Drawer {
  private waiting: string | null = null;

  read(): Promise<Waiting | null> {
    return Promise.resolve(this.waiting === null ? null : (JSON.parse(this.waiting) as Waiting));
  }

  write(waiting: Waiting): void {
    this.waiting = waiting.operations.length > 0 ? JSON.stringify(waiting) : null;
  }
}
