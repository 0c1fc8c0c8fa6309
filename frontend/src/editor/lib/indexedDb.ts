/** A key-value store in IndexedDB, or in memory where there is none. */

/** Reading gives copies. */
export interface Database {
  read(keys: readonly string[]): Promise<unknown[]>;
  /** All or nothing; `undefined` removes. */
  write(values: ReadonlyMap<string, unknown>): Promise<void>;
  /** Those that begin so. */
  keys(prefix: string): Promise<string[]>;
}

/** In memory, as long as the page lives. */
export class MemoryDatabase implements Database {
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

  keys(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.values.keys()].filter((key) => key.startsWith(prefix)));
  }
}

const STORE = "records";
const KEPT_FOR_MS = 30 * 24 * 3600 * 1000;

/** IndexedDB. Writes are on their way when `write` returns, in order, also when the page is left right after. */
export class IndexedDatabase implements Database {
  private constructor(private readonly connection: IDBDatabase) {}

  /** The browser's, or memory where there is none (forbidden, a private window). Forgets what is a month old. */
  static async open(name: string): Promise<Database> {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      const database = new IndexedDatabase(await result(request));
      await database.forgetBefore(Date.now() - KEPT_FOR_MS);
      return database;
    } catch (error) {
      console.warn("interlabel: this browser does not allow local copies here", error);
      return new MemoryDatabase();
    }
  }

  async read(keys: readonly string[]): Promise<unknown[]> {
    if (keys.length === 0) return [];
    const store = this.connection.transaction(STORE).objectStore(STORE);
    return Promise.all(keys.map((key) => result(store.get(key) as IDBRequest<unknown>)));
  }

  write(values: ReadonlyMap<string, unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.connection.transaction(STORE, "readwrite", { durability: "relaxed" });
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

  async keys(prefix: string): Promise<string[]> {
    const store = this.connection.transaction(STORE).objectStore(STORE);
    return (await result(store.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`)))).map(String);
  }

  /** Everything in scopes that were last saved before `time`; never what the server does not have yet. */
  private async forgetBefore(time: number): Promise<void> {
    const store = this.connection.transaction(STORE, "readwrite").objectStore(STORE);
    const scopes = new Map<string, { keys: string[]; saved: number }>();
    for (const key of (await result(store.getAllKeys())).map(String)) {
      const end = key.lastIndexOf("/");
      const scope = scopes.get(key.slice(0, end)) ?? { keys: [], saved: 0 };
      scopes.set(key.slice(0, end), scope);
      scope.keys.push(key);
      const name = key.slice(end + 1);
      if (name === "queue") scope.saved = Infinity;
      if (name !== "open" && name !== "head") continue;
      const value = (await result(store.get(key))) as { saved?: number };
      scope.saved = Math.max(scope.saved, value.saved ?? 0);
    }
    for (const { keys, saved } of scopes.values()) if (saved < time) for (const key of keys) store.delete(key);
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("failed"));
  });
}
