/** Hidden, locked and isolated objects of an image, for one person. Stored in their browser. */

import type { ValueStorage } from "../lib/storage";

export interface Marks {
  readonly hidden: ReadonlySet<string>;
  /** Not to be changed: not refined, cut, merged or deleted, and in panoptic projects nothing is taken from them. */
  readonly locked: ReadonlySet<string>;
  /** Only these are shown; null: no object is isolated. */
  readonly isolated: ReadonlySet<string> | null;
}

export const NO_MARKS: Marks = { hidden: new Set(), locked: new Set(), isolated: null };

export type Mark = "hidden" | "locked";

export function isShown({ hidden, isolated }: Marks, uid: string): boolean {
  return !hidden.has(uid) && (isolated === null || isolated.has(uid));
}

/** All of them get the mark; when all have it, it is taken off. */
export function toggled(marks: Marks, mark: Mark, uids: readonly string[]): Marks {
  const after = new Set(marks[mark]);
  const off = uids.every((uid) => after.has(uid));
  for (const uid of uids) {
    if (off) after.delete(uid);
    else after.add(uid);
  }
  return { ...marks, [mark]: after };
}

/** Only these are shown; the same again, or none: all are. */
export function isolated(marks: Marks, uids: readonly string[]): Marks {
  const before = marks.isolated;
  const same = before !== null && before.size === uids.length && uids.every((uid) => before.has(uid));
  return { ...marks, isolated: same || uids.length === 0 ? null : new Set(uids) };
}

interface Stored {
  hidden: string[];
  locked: string[];
}

export function readMarks(storage: ValueStorage, key: string): Marks {
  const stored = storage.read<Stored>(key);
  if (!stored) return NO_MARKS;
  return { hidden: new Set(stored.hidden), locked: new Set(stored.locked), isolated: null };
}

/** Of the objects that there are; nothing is stored when none is marked. */
export function writeMarks(storage: ValueStorage, key: string, marks: Marks, there: readonly string[]): void {
  const [hidden, locked] = [marks.hidden, marks.locked].map((marked) => there.filter((uid) => marked.has(uid)));
  if (hidden!.length + locked!.length === 0) storage.remove(key);
  else storage.write(key, { hidden, locked });
}
