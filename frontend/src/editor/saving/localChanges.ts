/** The annotation set as the server last sent it, and all changes that the server does not have: those to be sent, the
 * refused ones, and those in a conflict. State only: outbox.ts sends, stores and waits.
 */

import { apply, rebase, reconcile, seen, flat } from "../model/changes";
import type { Operation, SeenSet, Shown } from "../model/changes";
import { chosenOf, type Conflict } from "../model/conflict";
import type { AnnotationSetData } from "../server/types";
import { folded, refusedChange, type RefusedChange } from "./refused";

const EMPTY_SET: AnnotationSetData = { version: 0, status: "new", annotations: [] };

export class LocalChanges {
  /** A reviewer corrects finished work: it stays finished. */
  corrects = false;

  /** The annotation set as the server last sent it. */
  set: AnnotationSetData = EMPTY_SET;
  /** The operations to send, in this order. */
  operations: readonly Operation[] = [];
  /** The changes that the server refused; older than all operations. */
  refused: readonly RefusedChange[] = [];
  conflict: Conflict | null = null;

  private dropped: { operations: readonly Operation[]; shown: readonly Shown[] } | null = null;

  /** The objects with all unsaved changes applied. */
  get shown(): Shown[] {
    return apply(this.set.annotations, this.unsaved);
  }

  /** All operations that the server does not have, the oldest first. */
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

  /** Put the unsaved changes of an earlier page before those made since. */
  restore(earlier: { operations: readonly Operation[]; refused?: readonly RefusedChange[] }): void {
    const since = this.operations;
    [this.refused, this.operations] = [earlier.refused ?? [], []];
    for (const operation of [...earlier.operations, ...since]) this.take(operation);
  }

  /** Add an operation at the end. If it builds on a refused change, both become one operation. */
  take(operation: Operation): void {
    const { refused, next } = folded(this.refused, operation);
    this.refused = refused;
    if (next) this.operations = [...this.operations, next];
  }

  /** Remove an operation that the server has or does not need. */
  forget(operation: Operation): void {
    this.operations = this.operations.filter((one) => one !== operation);
  }

  /** Move an operation that the server refuses to `refused`; operations that build on it are merged with it. */
  setAside(operation: Operation, message: string, code: string): void {
    const before = apply(
      this.set.annotations,
      this.refused.map((one) => one.operation),
    );
    const left = this.operations.filter((one) => one !== operation);
    this.refused = [...this.refused, refusedChange(operation, message, code, before)];
    this.operations = [];
    for (const one of left) this.take(one);
  }

  /** The server has the object already: turn the creation into a change. */
  createdBefore(operation: Operation & { readonly kind: "create" }): void {
    const { kind: _, ...content } = operation;
    this.operations = this.operations.map((one) => (one === operation ? { kind: "change", ...content } : one));
  }

  /** `current` is what the server has, `before` what we thought it had: take it over, or set `conflict`. */
  meet(current: AnnotationSetData, before: SeenSet): void {
    const { done, theirs } = reconcile(before, this.operations, seen(current));
    if (theirs) {
      this.conflict = { theirs, mine: this.operations, current, shown: this.shown };
      return;
    }
    this.set = current;
    this.operations = this.operations.slice(done);
  }

  /** End `conflict` as `Outbox.resolve` says; returns how many changes were dropped. */
  resolve(conflict: Conflict, whose: "mine" | "theirs", without: ReadonlySet<string>): number {
    const kept = whose === "mine" ? chosenOf(conflict.mine, (subject) => !without.has(subject)) : [];
    const operations = whose === "mine" ? chosenOf(conflict.mine, (subject) => without.has(subject)) : conflict.mine;
    this.dropped = { operations, shown: conflict.shown };
    this.conflict = null;
    this.set = conflict.current;
    this.operations = rebase(kept, conflict.shown, conflict.current);
    return flat(operations).length;
  }

  /** The operations that the last conflict dropped, on top of the present set. A second call returns none. */
  takeDropped(): readonly Operation[] {
    const { dropped } = this;
    this.dropped = null;
    return dropped ? rebase(dropped.operations, dropped.shown, this.set) : [];
  }

  /** Queue refused changes again, each as `how` makes it: behind `sent`, before all others. */
  redo(again: readonly RefusedChange[], how: (one: RefusedChange) => Operation, sent: readonly Operation[]): void {
    const there = again.filter((one) => this.refused.includes(one));
    this.refused = this.refused.filter((one) => !there.includes(one));
    const first = there.flatMap((one) => rebase([how(one)], one.objects, this.set));
    this.operations = [...sent, ...first, ...this.operations.slice(sent.length)];
  }

  /** Remove and return the changes refused with this code, and the operations behind `sent`. */
  withdraw(code: string, sent: readonly Operation[]): readonly Operation[] {
    const withdrawn = this.refused.filter((one) => one.code === code);
    const waiting = this.operations.slice(sent.length);
    this.refused = this.refused.filter((one) => one.code !== code);
    this.operations = sent;
    return [...withdrawn.map(({ operation }) => operation), ...waiting];
  }

  drop(one: RefusedChange): void {
    this.refused = this.refused.filter((other) => other !== one);
  }

  keepRefused(one: RefusedChange): void {
    this.refused = [...this.refused, one];
  }

  dropAll(): void {
    [this.refused, this.operations, this.conflict] = [[], [], null];
  }
}
