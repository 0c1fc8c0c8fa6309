/** Saves what the annotator did, one operation after the other, and never loses one.
 *
 * Operations wait here – and in IndexedDB, so that a reload finds them – until the server has said yes. Without an
 * answer they are sent again, after a pause that grows (retries.ts); a conflict stops the queue until the annotator has
 * decided. What the server refuses is set aside, each for itself (refused.ts): the others go on. localChanges.ts holds
 * what is unsaved, sending.ts sends one operation; here is when that happens, and how far the saving is.
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
  /** Nothing more to be sent, but the server refused some: see `refused`. */
  | { kind: "refused" }
  /** The image is not there any more, or not for this person. */
  | { kind: "gone"; message: string };

/** The set changes again and again under our hands: once more, after a pause. */
class Later extends Error {}

export class Outbox {
  state: SaveState = { kind: "loading" };

  private readonly changes = new LocalChanges();
  private readonly retries: Retries;
  private readonly sender: Sender;
  /** What an earlier page left is known; before that nothing is stored over it. */
  private restored = false;
  /** The newest version that was told of. What is told while we load or save is looked at when that is done. */
  private told = 0;
  /** The set as an earlier page saw it, until the server has told it here. */
  private before: SeenSet | null = null;
  private loaded = false;
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

  /** The annotation set as the server last told it. */
  get set(): AnnotationSetData {
    return this.changes.set;
  }

  /** To be sent, in this order. */
  get operations(): readonly Operation[] {
    return this.changes.operations;
  }

  /** What the server refused; older than all operations. */
  get refused(): readonly RefusedChange[] {
    return this.changes.refused;
  }

  get conflict(): Conflict | null {
    return this.changes.conflict;
  }

  /** The objects with everything that is still to be saved. */
  get shown(): Shown[] {
    return this.changes.shown;
  }

  /** Everything that the server does not have, the oldest first. */
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

  /** Fetch the set, and go on with what an earlier page could not save. Resolves once the set is known. */
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
    // Not past the pause between two attempts.
    if (this.retries.failures === 0) void this.pump();
  }

  /** The image was left: nothing is sent or shown any more. What waits stays stored. */
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

  /** The socket does not get through: find out whether the person is signed out, or the image gone. */
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

  /** The server says that the image is deleted. */
  end(message: string): void {
    if (!this.disposed) this.fail(new Gone(message));
  }

  /** Someone else changed the set: show it, unless something of ours is on its way (then the server compares). */
  async refresh(version: number): Promise<void> {
    this.told = Math.max(this.told, version);
    const idle = () => !this.busy && this.operations.length === 0 && isResting(this.state);
    if (version <= this.set.version || !idle()) return;
    const current = await this.api.load().catch(() => null);
    if (!current || !idle() || current.version <= this.set.version) return;
    this.changes.set = current;
    this.changed();
  }

  /** End the conflict: carry out my changes on top of theirs, but not those of `without` (`subjectOf`), or drop all.
   *
   * Returns how many were dropped; `bringBack` has them.
   */
  resolve(whose: "mine" | "theirs", without: ReadonlySet<string> = new Set()): number {
    if (!this.conflict) return 0;
    const dropped = this.changes.resolve(this.conflict, whose, without);
    this.storeAndRest();
    void this.pump();
    return dropped;
  }

  /** What the last conflict dropped, after all. */
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

  /** Give a change up that the server refuses. */
  drop(one: RefusedChange): void {
    this.changes.drop(one);
    this.storeAndRest();
  }

  /** What was given up, after all. */
  keepRefused(one: RefusedChange): void {
    this.changes.keepRefused(one);
    this.storeAndRest();
  }

  /** Give everything up that is not saved. */
  dropAll(): void {
    this.changes.dropAll();
    if (this.state.kind !== "gone") this.retries.failures = 0;
    this.storeAndRest();
    this.answerWaiting(true);
  }

  /** Take what is refused with this code back, and what waits, to be done in another way. */
  withdraw(code: string): readonly Operation[] {
    const withdrawn = this.changes.withdraw(code, this.sent);
    this.storeAndRest();
    return withdrawn;
  }

  /** Resolves true once everything is saved; false as soon as that needs patience or the annotator. */
  settled(): Promise<boolean> {
    if (this.operations.length === 0 && !this.conflict) return Promise.resolve(true); // also while the set is loading
    if (!this.busy && this.state.kind !== "loading") return Promise.resolve(false);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** What is being sent, or was without an answer, stays the first: the server may have carried it out. */
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
      // Also when what was sent turned out to be carried out before: nothing would send the next operation.
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

  /** Say what is wrong, and try again later. */
  private fail(error: unknown): void {
    this.retries.failed(error);
    if (error instanceof Refused && error.status === 401) this.to({ kind: "signed_out" });
    else if (error instanceof Gone) this.to({ kind: "gone", message: error.message });
    else if (!(error instanceof Later)) this.to({ kind: "offline" });
    this.retries.later(error instanceof Gone ? FAILED_FACTOR : 1);
  }

  /** There is nothing to be done at once. */
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

/** Everything was answered. */
function isResting({ kind }: SaveState): boolean {
  return kind === "saved" || kind === "refused";
}
