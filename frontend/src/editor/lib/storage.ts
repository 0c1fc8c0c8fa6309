/** Small JSON values in local storage, readable at once after a reload: unsaved changes and last choices. */

export interface ValueStorage {
  read<T>(key: string): T | null;
  write(key: string, value: unknown): void;
  remove(key: string): void;
}

/** Local storage, when the browser has it; a full or forbidden one only costs the safety net. */
export class LocalStorage implements ValueStorage {
  constructor(private readonly prefix: string) {}

  read<T>(key: string): T | null {
    try {
      const text = localStorage.getItem(this.prefix + key);
      return text === null ? null : (JSON.parse(text) as T);
    } catch {
      return null;
    }
  }

  write(key: string, value: unknown): void {
    try {
      localStorage.setItem(this.prefix + key, JSON.stringify(value));
    } catch (error) {
      console.warn("interlabel: this change could not be stored locally", error);
    }
  }

  remove(key: string): void {
    try {
      localStorage.removeItem(this.prefix + key);
    } catch {
      // Nothing was stored, then.
    }
  }
}
