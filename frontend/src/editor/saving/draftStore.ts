/** Stores the open object with its steps, and the journal, in IndexedDB, so that they survive a reload or a crash.
 *
 * Objects are stored as they are: IndexedDB keeps Maps, typed arrays and shared parts. A step is written when it is
 * done, a journal entry once. Without IndexedDB nothing else changes; the console says so.
 */

import type { Database } from "../lib/indexedDb";
import type { Entry, Journal } from "../model/journal";
import { NOTHING_DONE } from "../model/journal";
import type { Work } from "../model/work";

/** Raised with the stored form: what an older editor wrote is left alone. */
const FORM = 1;

export interface Opened {
  form: number;
  saved: number;
  open: Work | null;
  finishing: readonly Work[];
  /** Open in tabs that are gone, while this one has another. */
  others?: readonly Work[];
}

interface Head {
  form: number;
  saved: number;
  serials: readonly number[];
  done: number;
}

export interface Drafts {
  readonly open: Work | null;
  readonly finishing: readonly Work[];
  readonly others: readonly Work[];
  readonly journal: Journal;
}

export class DraftStore {
  private scope: string | null = null;
  private stored = new Set<number>();
  private empty = true;
  /** Nothing is written before what an earlier page left has been read. */
  private loaded = false;

  constructor(
    private readonly database: Promise<Database> | Database,
    private readonly now: () => number = Date.now,
  ) {}

  /** `scope` names person, image and tab. */
  async load(scope: string): Promise<Drafts> {
    this.scope = scope;
    const database = await this.database;
    const [opened, head] = (await database.read([this.key("open"), this.key("head")])) as [Opened?, Head?];
    const serials = head?.form === FORM ? head.serials : [];
    const entries = (await database.read(serials.map((serial) => this.key(serial)))) as (Entry | undefined)[];
    this.stored = new Set(serials);
    this.empty = !opened;
    this.loaded = true;
    const whole = entries.every((entry) => entry !== undefined);
    const journal = head && whole && serials.length > 0 ? { entries: entries, done: head.done } : NOTHING_DONE;
    if (opened?.form !== FORM) return { open: null, finishing: [], others: [], journal };
    return { open: opened.open, finishing: opened.finishing, others: opened.others ?? [], journal };
  }

  saveWork(open: Work | null, finishing: readonly Work[]): void {
    const nothing = !open && finishing.length === 0;
    if (!this.loaded || (nothing && this.empty)) return;
    this.empty = nothing;
    const value: Opened = { form: FORM, saved: this.now(), open, finishing };
    this.write(new Map([[this.key("open"), nothing ? undefined : value]]));
  }

  saveJournal({ entries, done }: Journal): void {
    if (!this.loaded) return;
    const serials = entries.map(({ serial }) => serial);
    const values = new Map<string, unknown>();
    for (const entry of entries) if (!this.stored.has(entry.serial)) values.set(this.key(entry.serial), entry);
    for (const serial of this.stored) if (!serials.includes(serial)) values.set(this.key(serial), undefined);
    const head: Head = { form: FORM, saved: this.now(), serials, done };
    values.set(this.key("head"), head);
    this.stored = new Set(serials);
    this.write(values);
  }

  private key(name: string | number): string {
    return `${this.scope}/${name}`;
  }

  private write(values: ReadonlyMap<string, unknown>): void {
    Promise.resolve(this.database)
      .then((database) => database.write(values))
      .catch((error: unknown) => console.warn("interlabel: this step could not be stored locally", error));
  }
}

/** What this tab has open, with what another left that is gone. */
export function joinedOpened(mine: Opened | undefined, left: Opened): Opened {
  if (mine?.form !== FORM) return left;
  if (left.form !== FORM) return mine;
  const spare = mine.open && left.open ? [left.open] : [];
  return {
    form: FORM,
    saved: Math.max(mine.saved, left.saved),
    open: mine.open ?? left.open,
    finishing: [...mine.finishing, ...left.finishing],
    others: [...(mine.others ?? []), ...(left.others ?? []), ...spare],
  };
}
