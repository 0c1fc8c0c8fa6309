/** What survives a reload or a crash of the tab: the open object with its steps, and the journal; in IndexedDB.
 *
 * Objects are stored as they are: IndexedDB keeps Maps, typed arrays and what steps share. Each step is written when it
 * is done; an entry of the journal once. Without IndexedDB only this safety net is gone, and the console says so.
 */

import type { Entry, Journal } from "./journal";
import { NOTHING_DONE } from "./journal";
import type { Work } from "./work";

/** Values by key; reading gives copies. */
export interface Records {
  read(keys: readonly string[]): Promise<unknown[]>;
  /** All or nothing; `undefined` removes. */
  write(values: ReadonlyMap<string, unknown>): Promise<void>;
}

/** Raised with the stored form: what an older editor wrote is left alone. */
const FORM = 1;

interface Opened {
  form: number;
  saved: number;
  open: Work | null;
  finishing: readonly Work[];
}

interface Head {
  form: number;
  saved: number;
  serials: readonly number[];
  done: number;
}

export interface Archived {
  readonly open: Work | null;
  readonly finishing: readonly Work[];
  readonly journal: Journal;
}

export class Archive {
  private stored = new Set<number>();
  private empty = true;
  /** Nothing is written before what an earlier page left has been read. */
  private loaded = false;

  /** `scope` names person and image. */
  constructor(
    private readonly records: Promise<Records> | Records,
    private readonly scope: string,
    private readonly now: () => number = Date.now,
  ) {}

  async load(): Promise<Archived> {
    const records = await this.records;
    const [opened, head] = (await records.read([this.key("open"), this.key("head")])) as [Opened?, Head?];
    const serials = head?.form === FORM ? head.serials : [];
    const entries = (await records.read(serials.map((serial) => this.key(serial)))) as (Entry | undefined)[];
    this.stored = new Set(serials);
    this.empty = !opened;
    this.loaded = true;
    const whole = entries.every((entry) => entry !== undefined);
    const journal =
      head && whole && serials.length > 0 ? { entries: entries as Entry[], done: head.done } : NOTHING_DONE;
    if (opened?.form !== FORM) return { open: null, finishing: [], journal };
    return { open: opened.open, finishing: opened.finishing, journal };
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
    Promise.resolve(this.records)
      .then((records) => records.write(values))
      .catch((error: unknown) => console.warn("interlabel: this step could not be stored locally", error));
  }
}

/** In memory, as long as the page lives. */
export class MemoryRecords implements Records {
  private readonly values = new Map<string, unknown>();

  read(keys: readonly string[]): Promise<unknown[]> {
    return Promise.resolve(keys.map((key) => structuredClone(this.values.get(key))));
  }

  write(values: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [key, value] of values) {
      if (value === undefined) this.values.delete(key);
      else this.values.set(key, structuredClone(value));
    }
    return Promise.resolve();
  }
}

const STORE = "records";
const KEPT_FOR_MS = 30 * 24 * 3600 * 1000;

/** IndexedDB. Writes are on their way when `write` returns, in order, also when the page is left right after. */
export class IndexedRecords implements Records {
  private constructor(private readonly database: IDBDatabase) {}

  /** The browser's, or memory where there is none (forbidden, a private window). Forgets what is a month old. */
  static async open(name: string): Promise<Records> {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      const records = new IndexedRecords(await result(request));
      await records.forgetBefore(Date.now() - KEPT_FOR_MS);
      return records;
    } catch (error) {
      console.warn("interlabel: the browser keeps no local copies here", error);
      return new MemoryRecords();
    }
  }

  async read(keys: readonly string[]): Promise<unknown[]> {
    if (keys.length === 0) return [];
    const store = this.database.transaction(STORE).objectStore(STORE);
    return Promise.all(keys.map((key) => result(store.get(key) as IDBRequest<unknown>)));
  }

  write(values: ReadonlyMap<string, unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, "readwrite", { durability: "relaxed" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      const store = transaction.objectStore(STORE);
      for (const [key, value] of values) {
        if (value === undefined) store.delete(key);
        else store.put(value, key);
      }
      transaction.commit();
    });
  }

  /** Everything about images whose records were last saved before `time`. */
  private async forgetBefore(time: number): Promise<void> {
    const store = this.database.transaction(STORE, "readwrite").objectStore(STORE);
    const saved = new Map<string, number>();
    for (const key of await result(store.getAllKeys())) {
      const [, scope] = /^(.*)\/(?:open|head)$/.exec(String(key)) ?? [];
      if (!scope) continue;
      const value = (await result(store.get(key))) as { saved?: number };
      saved.set(scope, Math.max(saved.get(scope) ?? 0, value.saved ?? 0));
    }
    for (const [scope, at] of saved) {
      if (at < time) store.delete(IDBKeyRange.bound(`${scope}/`, `${scope}/\uffff`));
    }
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("failed"));
  });
}
