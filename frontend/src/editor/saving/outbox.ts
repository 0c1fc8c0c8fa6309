/** Saves what the annotator did, one operation after the other, and never loses one.
 *
 * Operations wait here – and in IndexedDB, so that a reload finds them – until the server has said yes. Without an
 * answer they are sent again, after a pause that grows; a conflict stops the queue until the annotator has decided.
 * What the server refuses is set aside, each for itself (refused.ts): the others go on.
 */

import { pauseAfter, type Backoff } from "../../shared/backoff";
import { apply, begun, rebase, reconcile, seen, flat } from "../model/changes";
import type { Operation, SeenSet, Shown } from "../model/changes";
import { chosenOf, type Conflict } from "../model/conflict";
import { Api, Refused, Unreachable } from "../server/api";
import type { AnnotationData, AnnotationSetData } from "../server/types";
import type { PendingChanges } from "./pendingStore";
import { FAILED, folded, refusedChange, withCategory, type RefusedChange } from "./refused";

export type SaveState =
  | { kind: "loading" | "saved" | "saving" | "offline" | "conflict" | "signed_out" }
  /** Nothing more to be sent, but the server refused some: see `refused`. */
  | { kind: "refused" }
  /** The image is not there any more, or not for this person. */
  | { kind: "gone"; message: string };

/** Answers 500 after which an operation is set aside: perhaps it is the only one. */
const MOST_FAILURES = 4;
/** How many times longer than others such an operation waits, and an image that is gone. */
const FAILED_FACTOR = 20;
/** A server that is asked to be left alone longer than this is asked again, all the same. */
const LONGEST_PAUSE_MS = 120_000;

const NOT_THERE = "This image was deleted, or you are no longer a member of its project.";

/** The server has no such image for this person. */
class Gone extends Error {}
/** The set changes again and again under our hands: once more, after a pause. */
class Later extends Error {}

const EMPTY_SET: AnnotationSetData = { version: 0, status: "new", annotations: [] };

export class Outbox {
  /** The annotation set as the server last told it. */
  set: AnnotationSetData = EMPTY_SET;
  operations: readonly Operation[] = [];
  /** What the server refused; older than all operations. */
  refused: readonly RefusedChange[] = [];
  state: SaveState = { kind: "loading" };
  conflict: Conflict | null = null;

  /** What an earlier page left is known; before that nothing is stored over it. */
  private restored = false;
  /** The newest version that was told of. What is told while we load or save is looked at when that is done. */
  private told = 0;
  /** The set as an earlier page saw it, until the server has told it here. */
  private before: SeenSet | null = null;
  private dropped: { operations: readonly Operation[]; shown: readonly Shown[] } | null = null;
  private loaded = false;
  private busy = false;
  private failures = 0;
  /** Since the last operation that was saved: conflicts that were none, and answers 500. */
  private meetings = 0;
  private broken = 0;
  /** Rounds of trying again what was set aside for the server's own faults. */
  private rounds = 0;
  /** Sent, but nobody knows whether it was carried out. */
  private unanswered: Operation | null = null;
  /** How long the server wants to be left alone, in milliseconds. */
  private asked = 0;
  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the pause between two attempts to load. */
  private wake: () => void = () => {};
  private waiting: ((saved: boolean) => void)[] = [];

  constructor(
    private readonly api: Api,
    private readonly pending: PendingChanges,
    private readonly changed: () => void,
    private readonly backoff: Backoff = { first: 1_000, longest: 15_000 },
  ) {}

  /** The objects with everything that is still to be saved. */
  get shown(): Shown[] {
    return apply(this.set.annotations, this.unsaved);
  }

  /** Everything that the server does not have, the oldest first. */
  get unsaved(): readonly Operation[] {
    return [...this.refused.map(({ operation }) => operation), ...this.operations];
  }

  get status(): AnnotationSetData["status"] {
    const last = this.unsaved.findLast((one) => one.kind === "status");
    return last?.status ?? this.set.status;
  }

  get reason(): string {
    const last = this.unsaved.findLast((one) => one.kind === "status");
    return (last ? last.reason : this.set.reason) ?? "";
  }

  get note(): string {
    return this.unsaved.findLast((one) => one.kind === "note")?.text ?? this.set.note ?? "";
  }

  /** Fetch the set, and go on with what an earlier page could not save. Resolves once the set is known. */
  async load(): Promise<void> {
    const earlier = await this.pending.read().catch(() => null);
    this.before = earlier?.before ?? null;
    this.restored = true;
    if (earlier) {
      const since = this.operations;
      [this.refused, this.operations] = [earlier.refused ?? [], []];
      for (const operation of [...earlier.operations, ...since]) this.take(operation);
    }
    if (this.unsaved.length > 0) this.store();
    for (;;) {
      try {
        const current = await this.api.load();
        if (this.disposed) return;
        this.set = current;
        this.loaded = true;
        if (this.before && this.operations.length > 0) this.meet(current, this.before);
        this.failures = 0;
        if (!this.conflict) this.rest();
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
    for (const operation of operations) this.take(operation);
    this.store();
    this.changed();
    // Not past the pause between two attempts.
    if (this.failures === 0) void this.pump();
  }

  /** Behind the others; with what the server refused before, if it builds on that. */
  private take(operation: Operation): void {
    const { refused, next } = folded(this.refused, operation);
    this.refused = refused;
    if (next) this.operations = [...this.operations, next];
  }

  /** The image was left: nothing is sent or shown any more. What waits stays stored. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
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
      this.failures = 0;
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
    const resting = () => this.state.kind === "saved" || this.state.kind === "refused";
    const idle = () => !this.busy && this.operations.length === 0 && resting();
    if (version <= this.set.version || !idle()) return;
    const current = await this.api.load().catch(() => null);
    if (!current || !idle() || current.version <= this.set.version) return;
    this.set = current;
    this.changed();
  }

  /** End the conflict: carry out my changes on top of theirs, but not those of `without` (`subjectOf`), or drop all.
   *
   * Returns how many were dropped; `bringBack` has them.
   */
  resolve(whose: "mine" | "theirs", without: ReadonlySet<string> = new Set()): number {
    const conflict = this.conflict;
    if (!conflict) return 0;
    const kept = whose === "mine" ? chosenOf(conflict.mine, (subject) => !without.has(subject)) : [];
    const operations = whose === "mine" ? chosenOf(conflict.mine, (subject) => without.has(subject)) : conflict.mine;
    this.dropped = { operations, shown: conflict.shown };
    this.conflict = null;
    this.set = conflict.current;
    this.operations = rebase(kept, conflict.shown, conflict.current);
    this.store();
    this.rest();
    void this.pump();
    return flat(operations).length;
  }

  /** What the last conflict dropped, after all. */
  bringBack(): void {
    const { dropped } = this;
    this.dropped = null;
    if (!dropped) return;
    for (const operation of rebase(dropped.operations, dropped.shown, this.set)) this.add(operation);
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

  /** What is being sent, or was without an answer, stays the first: the server may have carried it out. */
  private get sent(): readonly Operation[] {
    const [first] = this.operations;
    return first && (this.busy || this.unanswered === first) ? [first] : [];
  }

  private redo(again: readonly RefusedChange[], how: (one: RefusedChange) => Operation): void {
    const there = again.filter((one) => this.refused.includes(one));
    this.refused = this.refused.filter((one) => !there.includes(one));
    const first = there.flatMap((one) => rebase([how(one)], one.objects, this.set));
    const sent = this.sent;
    this.operations = [...sent, ...first, ...this.operations.slice(sent.length)];
    this.store();
    this.rest();
    void this.pump();
  }

  /** Give a change up that the server refuses. */
  drop(one: RefusedChange): void {
    this.refused = this.refused.filter((other) => other !== one);
    this.store();
    this.rest();
  }

  /** What was given up, after all. */
  keepRefused(one: RefusedChange): void {
    this.refused = [...this.refused, one];
    this.store();
    this.rest();
  }

  /** Give everything up that is not saved. */
  dropAll(): void {
    [this.refused, this.operations, this.conflict] = [[], [], null];
    if (this.state.kind !== "gone") this.failures = 0;
    this.store();
    this.rest();
    this.answerWaiting(true);
  }

  /** Take what is refused with this code back, and what waits, to be done in another way. */
  withdraw(code: string): readonly Operation[] {
    const withdrawn = this.refused.filter((one) => one.code === code);
    const sent = this.sent;
    const waiting = this.operations.slice(sent.length);
    this.refused = this.refused.filter((one) => one.code !== code);
    this.operations = sent;
    this.store();
    this.rest();
    return [...withdrawn.map(({ operation }) => operation), ...waiting];
  }

  /** Resolves true once everything is saved; false as soon as that needs patience or the annotator. */
  settled(): Promise<boolean> {
    if (this.operations.length === 0 && !this.conflict) return Promise.resolve(true); // also while the set is loading
    if (!this.busy && this.state.kind !== "loading") return Promise.resolve(false);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private async pump(): Promise<void> {
    if (!this.loaded || this.busy || this.conflict || this.disposed) return;
    clearTimeout(this.timer);
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
      if (this.state.kind !== "gone") this.failures = 0;
      this.rest();
    }
    this.answerWaiting(this.state.kind === "saved");
  }

  /** Send one operation and take over the answer; or meet what others did; or set it aside. */
  private async save(operation: Operation): Promise<void> {
    const { version } = this.set;
    try {
      this.set = await this.send(operation);
      this.forget(operation);
      [this.failures, this.meetings, this.broken, this.asked] = [0, 0, 0, 0];
    } catch (error) {
      if (this.disposed) throw error;
      if (error instanceof Unreachable) this.bear(operation, error);
      else if (!(error instanceof Refused)) this.setAside(operation, String(error), "error");
      else if (error.status === 401) throw error;
      else await this.face(operation, error, version);
    }
    this.store();
    this.changed();
  }

  /** No answer, or the server's own fault: later. One that fails each time is set aside, so that others are tried. */
  private bear(operation: Operation, error: Unreachable): void {
    this.unanswered = operation;
    this.broken = error.status === 500 ? this.broken + 1 : 0;
    if (this.broken < MOST_FAILURES) throw error;
    this.setAside(operation, error.message, FAILED);
  }

  /** The server does not take it: what others did meanwhile is met; without that it is set aside. */
  private async face(operation: Operation, refusal: Refused, version: number): Promise<void> {
    let { current } = refusal;
    // Refused now, it may still have been carried out before, when its answer was lost: the set tells.
    if (!current && (refusal.status === 404 || this.unanswered === operation)) {
      current = await this.api.load().catch((error: unknown) => {
        throw asGone(error);
      });
    }
    if (current && current.version !== version) {
      this.meetings += 1;
      this.meet(current, seen(this.set));
      if (!this.conflict && this.meetings > 1 && this.operations.length > 0) throw new Later();
      return;
    }
    const there = (current ?? this.set).annotations;
    if (current) this.set = current;
    if (operation.kind === "create" && there.some(({ uid }) => uid === operation.uid)) {
      const { kind: _, ...content } = operation;
      this.operations = this.operations.map((one) => (one === operation ? { kind: "change", ...content } : one));
    } else if (operation.kind === "delete" && !there.some(({ uid }) => uid === operation.uid)) this.forget(operation);
    else this.setAside(operation, refusal.message, refusal.code);
  }

  private forget(operation: Operation): void {
    this.operations = this.operations.filter((one) => one !== operation);
  }

  /** The server refuses it, whatever is tried: out of the others' way, with those that build on it. */
  private setAside(operation: Operation, message: string, code: string): void {
    const before = apply(
      this.set.annotations,
      this.refused.map((one) => one.operation),
    );
    const left = this.operations.filter((one) => one !== operation);
    this.refused = [...this.refused, refusedChange(operation, message, code, before)];
    [this.operations, this.meetings, this.broken, this.failures] = [[], 0, 0, 0];
    for (const one of left) this.take(one);
  }

  private async send(operation: Operation): Promise<AnnotationSetData> {
    const { version, annotations } = this.set;
    const [status, reason] = begun(this.set.status, this.set.reason);
    const touched = { ...this.set, status, reason };
    if (operation.kind === "status") {
      const answer = await this.api.setStatus(operation.status, version, operation.reason);
      return { ...this.set, reason: "", ...answer };
    }
    if (operation.kind === "note") return { ...this.set, ...(await this.api.setNote(operation.text, version)) };
    if (operation.kind === "batch") {
      const answer = await this.api.changeMany({ version, changes: operation.changes });
      const gone = new Set(operation.changes.flatMap((one) => (one.kind === "delete" ? [one.uid] : [])));
      const left = annotations.filter((one) => !gone.has(one.uid));
      return { ...touched, version: answer.version, annotations: answer.annotations.reduce(replaced, left) };
    }
    const { uid } = operation;
    if (operation.kind === "create") {
      const { kind: _, ...content } = operation;
      const answer = await this.api.create({ version, ...content });
      return { ...touched, version: answer.version, annotations: replaced(annotations, answer.annotation) };
    }
    const id = annotations.find((one) => one.uid === uid)?.id;
    if (id === undefined) throw new Refused(404, "gone", "Someone else deleted this object.");
    if (operation.kind === "delete") {
      const answer = await this.api.remove(id, version);
      return { ...touched, version: answer.version, annotations: annotations.filter((one) => one.uid !== uid) };
    }
    const { kind: _kind, uid: _uid, ...fields } = operation;
    const answer = await this.api.change(id, { version, ...fields });
    return { ...touched, version: answer.version, annotations: replaced(annotations, answer.annotation) };
  }

  /** `current` is what the server has, `before` what we thought it has: go on, or raise the conflict. */
  private meet(current: AnnotationSetData, before: SeenSet): void {
    const { done, theirs } = reconcile(before, this.operations, seen(current));
    if (theirs) {
      this.conflict = { theirs, mine: this.operations, current, shown: this.shown };
      this.to({ kind: "conflict" });
      return;
    }
    this.set = current;
    this.operations = this.operations.slice(done);
    this.store();
  }

  /** Say what is wrong, and try again later. */
  private fail(error: unknown): void {
    this.failures += 1;
    this.asked = error instanceof Unreachable ? Math.min(error.pause, LONGEST_PAUSE_MS) : 0;
    if (error instanceof Refused && error.status === 401) this.to({ kind: "signed_out" });
    else if (error instanceof Gone) this.to({ kind: "gone", message: error.message });
    else if (!(error instanceof Later)) this.to({ kind: "offline" });
    clearTimeout(this.timer);
    const wait = this.wait() * (error instanceof Gone ? FAILED_FACTOR : 1);
    if (!this.disposed) this.timer = setTimeout(() => this.retryNow(), wait);
  }

  /** There is nothing to be done at once. */
  private rest(): void {
    if (!this.loaded || this.busy) return this.changed();
    if (this.conflict) return this.to({ kind: "conflict" });
    if (this.state.kind === "gone" && this.failures > 0) return this.changed();
    if (this.operations.length > 0) return this.failures > 0 ? this.changed() : this.to({ kind: "saving" });
    this.to({ kind: this.refused.length > 0 ? "refused" : "saved" });
    const failed = this.refused.some(({ code }) => code === FAILED);
    if (!failed) this.rounds = 0;
    clearTimeout(this.timer);
    if (!failed || this.disposed) return;
    this.timer = setTimeout(() => this.retryNow(), FAILED_FACTOR * this.wait(++this.rounds));
  }

  private answerWaiting(saved: boolean): void {
    for (const resolve of this.waiting.splice(0)) resolve(saved);
  }

  private wait(times = this.failures): number {
    return Math.max(this.asked, pauseAfter(times, this.backoff));
  }

  private store(): void {
    if (!this.restored) return;
    const { operations, refused } = this;
    this.pending.write({ before: this.loaded ? seen(this.set) : this.before, operations, refused });
  }

  private to(state: SaveState): void {
    this.state = state;
    this.changed();
    const resting = state.kind === "saved" || state.kind === "refused";
    if (resting && this.told > this.set.version) queueMicrotask(() => void this.refresh(this.told));
  }
}

function replaced(annotations: readonly AnnotationData[], one: AnnotationData): AnnotationData[] {
  const known = annotations.some(({ uid }) => uid === one.uid);
  return known ? annotations.map((kept) => (kept.uid === one.uid ? one : kept)) : [...annotations, one];
}

function asGone(error: unknown): unknown {
  const lost = error instanceof Refused && error.status !== 401;
  return lost ? new Gone(error.status === 404 ? NOT_THERE : error.message) : error;
}
