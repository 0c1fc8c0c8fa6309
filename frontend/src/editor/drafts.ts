/** What survives a reload: small JSON values in local storage, written before anything is sent. */

import type { Kept } from "./kept";
import { EMPTY } from "./rle";
import type { Click, OpenObject } from "./object";

export interface Storage {
  read<T>(key: string): T | null;
  write(key: string, value: unknown): void;
  remove(key: string): void;
}

/** Local storage, when the browser has it; a full or forbidden one only costs the safety net. */
export class LocalStorage implements Storage {
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

/** An open object without its mask: that follows from the clicks. */
export interface Draft {
  readonly uid: string;
  readonly category: number | null;
  readonly clicks: readonly Click[];
  readonly undone: readonly Click[];
  readonly source: string | null;
  /** Whether the clicks refine the kept mask of `source`, rather than make the object anew. */
  readonly onMask: boolean;
}

export interface Drafts {
  readonly open: Draft | null;
  readonly finishing: readonly Draft[];
}

export function draftOf(object: OpenObject): Draft {
  const { uid, category, clicks, undone, source, previous } = object;
  return { uid, category, clicks, undone, source, onMask: previous !== null };
}

/** The object of a draft. Null when it has been kept meanwhile, or the mask that it refined is gone. */
export function revive(draft: Draft, kept: readonly Kept[]): OpenObject | null {
  const { uid, category, clicks, undone, onMask } = draft;
  const refined = kept.find((one) => one.uid === draft.source);
  if (kept.some((one) => one.uid === uid) || (onMask && !refined)) return null;
  return {
    uid,
    category,
    clicks,
    undone,
    mask: refined?.patch ?? EMPTY,
    settled: clicks.length === 0,
    source: refined?.uid ?? null,
    previous: onMask && refined ? refined.patch : null,
    checking: 0,
  };
}
