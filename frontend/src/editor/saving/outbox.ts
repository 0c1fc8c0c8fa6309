/** Saves what the annotator did, one operation after the other, and never loses one.
 *
 * Operations wait here and in IndexedDB, so that a reload finds them, until the server has accepted them. Without an
 * answer they are sent again after a growing pause (retries.ts). A conflict stops the queue until the annotator has
 * decided. Operations that the server refuses are set aside one by one (refused.ts); the others continue.
 *
 * localChanges.ts holds the unsaved changes, sending.ts sends one operation. The outbox decides when to send, and says
 * how far saving is (`state`).
 */

import type { Backoff } from "../../shared/backoff";
import { seen } from "../model/changes";
import type { Operation, SeenSet, Shown } from "../model/changes";
import type { Conflict } from "../model/conflict";
import { Refused, type Api } from "../server/api";
import type { AnnotationSetData } from "../server/types";
import { LocalChanges } from "./localChanges";
import type { PendingChanges } from "./pendingStore";
import { FAILED, withCategory, type RefusedChange } from "./refused";
import { FAILED_FACTOR, Retries } from "./retries";
import { Gone, Sender, asGone } from "./sending";

export type SaveState =
  | { kind: "loading" | "saved" | "saving" | "offline" | "conflict" | "signed_out" }
  /** Nothing is left to send, but the server refused some changes: see `refused`. */
  | { kind: "refused" }
  /** The image was deleted, or this person lost access to it. */
  | { kind: "gone"; message: string };

/** The set keeps changing while we save: try again after a pause. */
class Later extends Error {}

export class Outbox {
  state: SaveState = { kind: "loading" };

  private readonly changes = new LocalChanges();
  private readonly retries: Retries;
  private readonly sender: Sender;
  /** The changes of an earlier page were read. Until then nothing is stored, because that would overwrite them. */
  private restored = false;
  /** The newest version that the server announced. Announcements during loading or saving are handled afterwards. */
  private told = 0;
  /** The set as an earlier page saw it, until the server has sent it to this page. */
  private before: SeenSet | null = null;
  /** The server has sent the set: until then nothing is known of it but unsaved changes. */
  loaded = false;
  private busy = false;
  private disposed = false;
  /** Ends the pause between two attempts to load. */
  private wake: () => void = () => {};
  private waiting: ((saved: boolean) => void)[] = [];

  constructor(
    private readonly api: Api,
    private readonly pending: PendingChanges,
    private readonly changed: () => void,
    backoff: Backoff = { first: 1_000, longest: 15_000 },
  ) {
    this.retries = new Retries(() => this.retryNow(), backoff);
    this.sender = new Sender(api, this.changes, this.retries);
  }

  /** The annotation set as the server last sent it. */
  get set(): AnnotationSetData {
    return this.changes.set;
  }

  /** Whether changes are a reviewer's corrections: finished work stays finished. */
  set corrects(on: boolean) {
    this.changes.corrects = on;
  }

  /** The operations to send, in this order. */
  get operations(): readonly Operation[] {
    return this.changes.operations;
  }

  /** The changes that the server refused; older than all operations. */
  get refused(): readonly RefusedChange[] {
    return this.changes.refused;
  }

  get conflict(): Conflict | null {
    return this.changes.conflict;
  }

  /** The objects with all unsaved changes applied. */
  get shown(): Shown[] {
    return this.changes.shown;
  }

  /** All operations that the server does not have, the oldest first. */
  get unsaved(): readonly Operation[] {
    return this.changes.unsaved;
  }

  get status(): AnnotationSetData["status"] {
    return this.changes.status;
  }

  get reason(): string {
    return this.changes.reason;
  }

  get note(): string {
    return this.changes.note;
  }

  /** Fetch the set and continue with the unsaved changes of an earlier page. Resolves once the set is known. */
  async load(): Promise<void> {
    const earlier = await this.pending.read().catch(() => null);
    this.before = earlier?.before ?? null;
    this.restored = true;
    if (earlier) this.changes.restore(earlier);
    if (this.unsaved.length > 0) this.store();
    for (;;) {
      try {
        const current = await this.api.load();
        if (this.disposed) return;
        this.changes.set = current;
        this.loaded = true;
        this.retries.failures = 0;
        if (this.before && this.operations.length > 0) {
          this.changes.meet(current, this.before);
          if (!this.conflict) this.store();
        }
        this.rest();
        void this.pump();
        return;
      } catch (error) {
        if (this.disposed) return;
        this.fail(asGone(error));
        this.answerWaiting(false);
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    }
  }

  add(...operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    for (const operation of operations) this.changes.take(operation);
    this.store();
    this.changed();
    // Respect the pause between two attempts.
    if (this.retries.failures === 0) void this.pump();
  }

  /** The image is closed: nothing more is sent or shown. Waiting operations stay stored. */
  dispose(): void {
    this.disposed = true;
    this.retries.dispose();
    this.sender.dispose();
    this.wake();
  }

  /** Send again now: the annotator asked, or the browser is online again. */
  retryNow(): void {
    if (this.disposed) return;
    this.wake();
    if (this.operations.length > 0) void this.pump();
    else if (this.state.kind === "signed_out" || this.state.kind === "gone") void this.check();
    else if (this.refused.some(({ code }) => code === FAILED)) this.retryRefused(({ code }) => code === FAILED);
    else if (this.state.kind === "saving") this.rest(); // what waited for the pause was found to be carried out
  }

  /** The socket cannot connect: find out whether the person is signed out or the image was deleted. */
  async check(): Promise<void> {
    if (!this.loaded || this.busy || this.operations.length > 0) return;
    try {
      await this.api.load();
      if (this.state.kind !== "signed_out" && this.state.kind !== "gone") return;
      this.retries.failures = 0;
      this.rest();
    } catch (error) {
      if (error instanceof Refused) this.fail(asGone(error));
    }
  }

  /** The server said that the image was deleted. */
  end(message: string): void {
    if (!this.disposed) this.fail(new Gone(message));
  }

  /** Someone else changed the set: show it, unless we are sending (then the server compares the versions). */
  async refresh(version: number): Promise<void> {
    this.told = Math.max(this.told, version);
    const idle = () => !this.busy && this.operations.length === 0 && isResting(this.state);
    if (version <= this.set.version || !idle()) return;
    const current = await this.api.load().catch(() => null);
    if (!current || !idle() || current.version <= this.set.version) return;
    this.changes.set = current;
    this.changed();
  }

  /** End the conflict: apply my changes on top of theirs, except those of `without` (`subjectOf`), or drop all.
   *
   * Returns how many were dropped; `bringBack` restores them.
   */
  resolve(whose: "mine" | "theirs", without: ReadonlySet<string> = new Set()): number {
    if (!this.conflict) return 0;
    const dropped = this.changes.resolve(this.conflict, whose, without);
    this.storeAndRest();
    void this.pump();
    return dropped;
  }

  /** Restore the changes that the last conflict dropped. */
  bringBack(): void {
    for (const operation of this.changes.takeDropped()) this.add(operation);
  }

  /** Send these refused changes once more, before the others. */
  retryRefused(which: (one: RefusedChange) => boolean = () => true): void {
    const again = this.refused.filter(which);
    if (again.length > 0) this.redo(again, (one) => one.operation);
  }

  /** Send a refused change once more, with another class. */
  correct(one: RefusedChange, category: number, known: ReadonlySet<number>): void {
    this.redo([one], ({ operation }) => withCategory(operation, category, known));
  }

  /** Discard a refused change. */
  drop(one: RefusedChange): void {
    this.changes.drop(one);
    this.storeAndRest();
  }

  /** Restore a refused change that was discarded. */
  keepRefused(one: RefusedChange): void {
    this.changes.keepRefused(one);
    this.storeAndRest();
  }

  /** Discard all unsaved changes. */
  dropAll(): void {
    this.changes.dropAll();
    if (this.state.kind !== "gone") this.retries.failures = 0;
    this.storeAndRest();
    this.answerWaiting(true);
  }

  /** Remove and return the changes refused with this code and all waiting ones, so that the caller can redo them. */
  withdraw(code: string): readonly Operation[] {
    const withdrawn = this.changes.withdraw(code, this.sent);
    this.storeAndRest();
    return withdrawn;
  }

  /** Resolves to true once everything is saved; to false as soon as that needs a pause or the annotator. */
  settled(): Promise<boolean> {
    if (this.operations.length === 0 && !this.conflict) return Promise.resolve(true); // also while the set is loading
    if (!this.busy && this.state.kind !== "loading") return Promise.resolve(false);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** An operation that is being sent, or had no answer, stays first: the server may have carried it out. */
  private get sent(): readonly Operation[] {
    const [first] = this.operations;
    return first && (this.busy || this.sender.unanswered === first) ? [first] : [];
  }

  private redo(again: readonly RefusedChange[], how: (one: RefusedChange) => Operation): void {
    this.changes.redo(again, how, this.sent);
    this.storeAndRest();
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (!this.loaded || this.busy || this.conflict || this.disposed) return;
    this.retries.stop();
    this.busy = true;
    let failed = false;
    try {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- saving may raise a conflict
      while (this.operations.length > 0 && !this.conflict && !this.disposed) {
        this.to({ kind: "saving" });
        await this.save(this.operations[0]!);
      }
    } catch (error) {
      failed = true;
      this.fail(error);
    } finally {
      this.busy = false;
    }
    if (!failed) {
      // Also when the operation turned out to be carried out before: otherwise nothing would send the next one.
      if (this.state.kind !== "gone") this.retries.failures = 0;
      this.rest();
    }
    this.answerWaiting(this.state.kind === "saved");
  }

  private async save(operation: Operation): Promise<void> {
    const how = await this.sender.save(operation);
    if (this.conflict) this.to({ kind: "conflict" });
    this.store();
    this.changed();
    if (how === "later") throw new Later();
  }

  /** Set the state for the error, and try again later. */
  private fail(error: unknown): void {
    this.retries.failed(error);
    if (error instanceof Refused && error.status === 401) this.to({ kind: "signed_out" });
    else if (error instanceof Gone) this.to({ kind: "gone", message: error.message });
    else if (!(error instanceof Later)) this.to({ kind: "offline" });
    this.retries.later(error instanceof Gone ? FAILED_FACTOR : 1);
  }

  /** Nothing can be sent now: set the state, and plan the next attempt for changes that failed. */
  private rest(): void {
    if (!this.loaded || this.busy) return this.changed();
    if (this.conflict) return this.to({ kind: "conflict" });
    const { failures } = this.retries;
    if (this.state.kind === "gone" && failures > 0) return this.changed();
    if (this.operations.length > 0) return failures > 0 ? this.changed() : this.to({ kind: "saving" });
    this.to({ kind: this.refused.length > 0 ? "refused" : "saved" });
    this.retries.stop();
    if (this.refused.some(({ code }) => code === FAILED)) this.retries.nextRound();
    else this.retries.endRounds();
  }

  private answerWaiting(saved: boolean): void {
    for (const resolve of this.waiting.splice(0)) resolve(saved);
  }

  private storeAndRest(): void {
    this.store();
    this.rest();
  }

  private store(): void {
    if (!this.restored) return;
    const { operations, refused } = this;
    this.pending.write({ before: this.loaded ? seen(this.set) : this.before, operations, refused });
  }

  private to(state: SaveState): void {
    this.state = state;
    this.changed();
    if (isResting(state) && this.told > this.set.version) queueMicrotask(() => void this.refresh(this.told));
  }
}

/** The server has answered every operation. */
function isResting({ kind }: SaveState): boolean {
  return kind === "saved" || kind === "refused";
}
