/** Saves what the annotator did, one operation after the other, and never loses one.
 *
 * Operations wait here – and in IndexedDB, so that a reload finds them – until the server has said yes. Without an
 * answer they are sent again; a conflict stops the queue until the annotator has decided.
 */

import { Api, Refused, Unreachable, type AnnotationData, type AnnotationSetData } from "./api";
import { apply, begun, rebase, reconcile, seen, flat } from "./changes";
import type { Differences, Operation, SeenSet, Shown } from "./changes";
import { chosenOf } from "./conflict";
import type { Drawer } from "./queue";

export type SaveState =
  | { kind: "loading" | "saved" | "saving" | "offline" | "conflict" | "signed_out" }
  | { kind: "refused"; message: string; code?: string };

export interface Conflict {
  readonly theirs: Differences;
  readonly mine: readonly Operation[];
  readonly current: AnnotationSetData;
  /** The objects as the annotator sees them now. */
  readonly shown: readonly Shown[];
}

export interface Backoff {
  readonly first: number;
  readonly longest: number;
}

const EMPTY_SET: AnnotationSetData = { version: 0, status: "new", annotations: [] };

export class Outbox {
  /** The annotation set as the server last told it. */
  set: AnnotationSetData = EMPTY_SET;
  operations: readonly Operation[] = [];
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
  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the pause between two attempts to load. */
  private wake: () => void = () => {};
  private waiting: ((saved: boolean) => void)[] = [];

  constructor(
    private readonly api: Api,
    private readonly drawer: Drawer,
    private readonly changed: () => void,
    private readonly backoff: Backoff = { first: 1_000, longest: 15_000 },
  ) {}

  /** The objects with everything that is still to be saved. */
  get shown(): Shown[] {
    return apply(this.set.annotations, this.operations);
  }

  get status(): AnnotationSetData["status"] {
    const last = this.operations.findLast((one) => one.kind === "status");
    return last?.status ?? this.set.status;
  }

  get reason(): string {
    const last = this.operations.findLast((one) => one.kind === "status");
    return (last ? last.reason : this.set.reason) ?? "";
  }

  get note(): string {
    return this.operations.findLast((one) => one.kind === "note")?.text ?? this.set.note ?? "";
  }

  /** Fetch the set, and go on with what an earlier page could not save. Resolves once the set is known. */
  async load(): Promise<void> {
    const earlier = await this.drawer.read().catch(() => null);
    this.before = earlier?.before ?? null;
    this.restored = true;
    if (earlier) this.operations = [...earlier.operations, ...this.operations];
    if (this.operations.length > 0) this.store();
    for (;;) {
      try {
        const current = await this.api.load();
        if (this.disposed) return;
        this.set = current;
        this.loaded = true;
        if (this.before && this.operations.length > 0) this.meet(current, this.before);
        this.failures = 0;
        if (!this.conflict) this.to({ kind: "saved" });
        void this.pump();
        return;
      } catch (error) {
        if (this.disposed) return;
        this.fail(error);
        this.answerWaiting(false);
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    }
  }

  add(...operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    this.operations = [...this.operations, ...operations];
    this.store();
    this.changed();
    void this.pump();
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
    else if (this.state.kind === "signed_out") void this.check();
  }

  /** The socket does not get through: find out whether the person is signed out. */
  async check(): Promise<void> {
    if (!this.loaded || this.busy || this.operations.length > 0) return;
    try {
      await this.api.load();
      if (this.state.kind === "signed_out") this.to({ kind: "saved" });
    } catch (error) {
      if (error instanceof Refused && error.status === 401) this.fail(error);
    }
  }

  /** Someone else changed the set: show it, unless something of ours is on its way (then the server compares). */
  async refresh(version: number): Promise<void> {
    this.told = Math.max(this.told, version);
    const idle = () => !this.busy && this.operations.length === 0 && this.state.kind === "saved";
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
    this.to({ kind: "saved" });
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

  /** Give up the change that the server refuses. */
  discardRefused(): void {
    if (this.state.kind !== "refused") return;
    this.operations = this.operations.slice(1);
    this.store();
    this.to({ kind: "saved" });
    void this.pump();
  }

  /** Take everything back that is not saved, to be done in another way; the server refuses the first of it. */
  withdraw(): readonly Operation[] {
    if (this.state.kind !== "refused") return [];
    const withdrawn = this.operations;
    this.operations = [];
    this.store();
    this.to({ kind: "saved" });
    return withdrawn;
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
    try {
      while (this.operations.length > 0) {
        this.to({ kind: "saving" });
        await this.save(this.operations[0]!);
        this.failures = 0;
        if (this.conflict) break;
      }
      this.to({ kind: this.conflict ? "conflict" : "saved" });
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
      this.answerWaiting(this.state.kind === "saved");
    }
  }

  /** Send one operation and take over the answer; or meet what others did. */
  private async save(operation: Operation): Promise<void> {
    try {
      this.set = await this.send(operation);
      this.operations = this.operations.slice(1);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Gone (404) is a conflict, too; the current set tells what happened.
      const current = error.current ?? (error.status === 404 ? await this.api.load() : null);
      if (!current) throw error;
      this.meet(current, seen(this.set));
    }
    this.store();
    this.changed();
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

  /** Say what is wrong, and try again later where that can help. */
  private fail(error: unknown): void {
    this.failures += 1;
    const signedOut = error instanceof Refused && error.status === 401;
    if (error instanceof Unreachable) this.to({ kind: "offline" });
    else if (signedOut) this.to({ kind: "signed_out" });
    else {
      const message = error instanceof Error ? error.message : String(error);
      this.to({ kind: "refused", message, ...(error instanceof Refused && { code: error.code }) });
    }
    clearTimeout(this.timer);
    if (this.state.kind !== "refused" && !this.disposed) this.timer = setTimeout(() => this.retryNow(), this.wait());
  }

  private answerWaiting(saved: boolean): void {
    for (const resolve of this.waiting.splice(0)) resolve(saved);
  }

  private wait(): number {
    return Math.min(this.backoff.longest, this.backoff.first * 2 ** (this.failures - 1));
  }

  private store(): void {
    if (!this.restored) return;
    this.drawer.write({ before: this.loaded ? seen(this.set) : this.before, operations: this.operations });
  }

  private to(state: SaveState): void {
    this.state = state;
    this.changed();
    if (state.kind === "saved" && this.told > this.set.version) queueMicrotask(() => void this.refresh(this.told));
  }
}

function replaced(annotations: readonly AnnotationData[], one: AnnotationData): AnnotationData[] {
  const known = annotations.some(({ uid }) => uid === one.uid);
  return known ? annotations.map((kept) => (kept.uid === one.uid ? one : kept)) : [...annotations, one];
}
