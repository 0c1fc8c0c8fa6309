/** Sends rejected and reopened suggestions to the server, and loses none.
 *
 * Unsent ones are in local storage, so that a reload finds them. They need no versions: rejecting changes no annotation,
 * and the last decision about a suggestion counts.
 */

import { pauseAfter } from "../../shared/backoff";
import type { ValueStorage } from "../lib/storage";
import { Refused } from "../server/api";

export type Decision = "reject" | "reopen";

export interface Teller {
  decide(how: Decision, uids: readonly string[]): Promise<unknown>;
}

/** As many as the server takes at once. */
const MOST = 500;

export class Rejections {
  private waiting: Map<string, Decision>;
  private busy = false;
  private failures = 0;
  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `told` is called after the server has heard of suggestions that were taken back. */
  constructor(
    private readonly teller: Teller,
    private readonly storage: ValueStorage,
    private readonly key: string,
    private readonly told: () => void,
    private readonly patience = { first: 1_000, longest: 30_000 },
  ) {
    this.waiting = new Map(storage.read<[string, Decision][]>(key) ?? []);
  }

  /** Rejected here, and not known on the server yet. */
  get rejected(): string[] {
    return [...this.waiting].filter(([, how]) => how === "reject").map(([uid]) => uid);
  }

  add(how: Decision, uids: readonly string[]): void {
    for (const uid of uids) {
      this.waiting.delete(uid); // its place in line is that of the last word
      this.waiting.set(uid, how);
    }
    this.store();
    void this.tell();
  }

  /** Stop trying; what waits stays stored. */
  dispose(): void {
    clearTimeout(this.timer);
    this.disposed = true;
  }

  /** Tell what waits, now; false when some of it has to wait on. */
  async tell(): Promise<boolean> {
    clearTimeout(this.timer);
    if (this.busy) return false;
    this.busy = true;
    try {
      while (this.waiting.size > 0) await this.tellSome();
      this.failures = 0;
      return true;
    } catch {
      this.failures += 1;
      const wait = pauseAfter(this.failures, this.patience);
      if (!this.disposed) this.timer = setTimeout(() => void this.tell(), wait);
      return false;
    } finally {
      this.busy = false;
    }
  }

  private async tellSome(): Promise<void> {
    const [, how] = this.waiting.entries().next().value!;
    const uids = [...this.waiting].filter(([, one]) => one === how).map(([uid]) => uid);
    const some = uids.slice(0, MOST);
    try {
      await this.teller.decide(how, some);
      this.forget(how, some);
    } catch (error) {
      // Signed out: later. Anything else that is refused stays refused, most likely for one that is gone.
      if (!(error instanceof Refused) || error.status === 401) throw error;
      for (const uid of some) await this.tellOne(how, uid);
    }
    if (how === "reopen") this.told();
  }

  private async tellOne(how: Decision, uid: string): Promise<void> {
    try {
      await this.teller.decide(how, [uid]);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      console.warn(`interlabel: the server refused to ${how} suggestion ${uid}`, error.message);
    }
    this.forget(how, [uid]);
  }

  /** Unless somebody said otherwise meanwhile. */
  private forget(how: Decision, uids: readonly string[]): void {
    for (const uid of uids) if (this.waiting.get(uid) === how) this.waiting.delete(uid);
    this.store();
  }

  private store(): void {
    if (this.waiting.size === 0) this.storage.remove(this.key);
    else this.storage.write(this.key, [...this.waiting]);
  }
}
