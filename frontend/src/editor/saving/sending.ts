/** Sends one operation and handles the answer: saved, changed by others meanwhile, refused, or no answer. */

import { begun, seen, type Operation } from "../model/changes";
import { Refused, Unreachable, type Api } from "../server/api";
import type { AnnotationData, AnnotationSetData } from "../server/types";
import type { LocalChanges } from "./localChanges";
import { FAILED } from "./refused";
import type { Retries } from "./retries";

/** After this many answers 500 an operation is set aside: perhaps only this one fails. */
const MOST_FAILURES = 4;

const NOT_THERE = "This image was deleted, or you are no longer a member of its project.";

/** The server has no such image for this person. */
export class Gone extends Error {}

export class Sender {
  /** Sent without an answer: the server may have carried it out. */
  unanswered: Operation | null = null;
  /** Since the last saved operation: changes by others that were no conflict, and answers 500. */
  private meetings = 0;
  private broken = 0;
  private disposed = false;

  constructor(
    private readonly api: Api,
    private readonly changes: LocalChanges,
    private readonly retries: Retries,
  ) {}

  dispose(): void {
    this.disposed = true;
  }

  /** Send one operation and handle the answer.
   *
   * Returns "later" where the set keeps changing meanwhile. Throws what needs a pause or the annotator:
   * `Unreachable`, `Refused` (signed out), `Gone`.
   */
  async save(operation: Operation): Promise<"at once" | "later"> {
    const { set } = this.changes;
    try {
      this.changes.set = await request(this.api, set, operation, this.changes.corrects);
      this.changes.forget(operation);
      [this.meetings, this.broken] = [0, 0];
      this.retries.succeeded();
    } catch (error) {
      if (this.disposed) throw error;
      if (error instanceof Unreachable) this.bear(operation, error);
      else if (!(error instanceof Refused)) this.setAside(operation, String(error), "error");
      else if (error.status === 401) throw error;
      else return this.face(operation, error, set.version);
    }
    return "at once";
  }

  /** No answer, or an error of the server: try later. An operation that always fails is set aside for the others. */
  private bear(operation: Operation, error: Unreachable): void {
    this.unanswered = operation;
    this.broken = error.status === 500 ? this.broken + 1 : 0;
    if (this.broken < MOST_FAILURES) throw error;
    this.setAside(operation, error.message, FAILED);
  }

  /** The server refused: reconcile with what others changed meanwhile, or else set the operation aside. */
  private async face(operation: Operation, refusal: Refused, version: number): Promise<"at once" | "later"> {
    const { changes } = this;
    let { current } = refusal;
    // An operation that is refused now may have been carried out before its answer was lost: the set tells.
    if (!current && (refusal.status === 404 || this.unanswered === operation)) {
      current = await this.api.load().catch((error: unknown) => {
        throw asGone(error);
      });
    }
    if (current && current.version !== version) {
      this.meetings += 1;
      changes.meet(current, seen(changes.set));
      return !changes.conflict && this.meetings > 1 && changes.operations.length > 0 ? "later" : "at once";
    }
    if (current) changes.set = current;
    if (operation.kind === "create" && this.isThere(operation.uid)) changes.createdBefore(operation);
    else if (operation.kind === "delete" && !this.isThere(operation.uid)) changes.forget(operation);
    else this.setAside(operation, refusal.message, refusal.code);
    return "at once";
  }

  private isThere(uid: string): boolean {
    return this.changes.set.annotations.some((one) => one.uid === uid);
  }

  private setAside(operation: Operation, message: string, code: string): void {
    this.changes.setAside(operation, message, code);
    [this.meetings, this.broken, this.retries.failures] = [0, 0, 0];
  }
}

/** Send `operation`, made on top of `set`; returns the set with the answer applied. Throws what the API throws. */
async function request(
  api: Api,
  set: AnnotationSetData,
  operation: Operation,
  corrects: boolean,
): Promise<AnnotationSetData> {
  const { version, annotations } = set;
  const [status, reason] = corrects ? [set.status, set.reason ?? ""] : begun(set.status, set.reason);
  const touched = { ...set, status, reason };
  if (operation.kind === "status") {
    const answer = await api.setStatus(operation.status, version, operation.reason);
    return { ...set, reason: "", ...answer };
  }
  if (operation.kind === "note") return { ...set, ...(await api.setNote(operation.text, version)) };
  if (operation.kind === "batch") {
    const answer = await api.changeMany({ version, changes: operation.changes });
    const gone = new Set(operation.changes.flatMap((one) => (one.kind === "delete" ? [one.uid] : [])));
    const left = annotations.filter((one) => !gone.has(one.uid));
    return { ...touched, version: answer.version, annotations: answer.annotations.reduce(replaced, left) };
  }
  const { uid } = operation;
  if (operation.kind === "create") {
    const { kind: _, ...content } = operation;
    const answer = await api.create({ version, ...content });
    return { ...touched, version: answer.version, annotations: replaced(annotations, answer.annotation) };
  }
  const id = annotations.find((one) => one.uid === uid)?.id;
  if (id === undefined) throw new Refused(404, "gone", "Someone else deleted this object.");
  if (operation.kind === "delete") {
    const answer = await api.remove(id, version);
    return { ...touched, version: answer.version, annotations: annotations.filter((one) => one.uid !== uid) };
  }
  const { kind: _kind, uid: _uid, ...fields } = operation;
  const answer = await api.change(id, { version, ...fields });
  return { ...touched, version: answer.version, annotations: replaced(annotations, answer.annotation) };
}

function replaced(annotations: readonly AnnotationData[], one: AnnotationData): AnnotationData[] {
  const known = annotations.some(({ uid }) => uid === one.uid);
  return known ? annotations.map((kept) => (kept.uid === one.uid ? one : kept)) : [...annotations, one];
}

/** The error of loading the set: `Gone` where the server refuses it, unless the person is signed out. */
export function asGone(error: unknown): unknown {
  const lost = error instanceof Refused && error.status !== 401;
  return lost ? new Gone(error.status === 404 ? NOT_THERE : error.message) : error;
}
