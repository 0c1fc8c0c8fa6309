/** The outbox through random sequences of work, refusals, deleted classes, outages and reloads.
 *
 * The server is small but has the real one's rules. Whatever happened: what it would accept reaches it, nothing is sent
 * over and over without a pause, and in the end the queue has settled.
 */

import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemoryDatabase } from "../lib/indexedDb";
import { flat, type ObjectOperation, type Operation } from "../model/changes";
import { Api } from "../server/api";
import type { AnnotationData, AnnotationSetData } from "../server/types";
import { Outbox } from "./outbox";
import { PendingStore } from "./pendingStore";

/** More sendings of one request in the same moment are a busy loop. */
const MOST_AT_ONCE = 3;
const TROUBLES = ["down", "lost", "signed out", "500", "503", "malformed", "not ours", "too large"] as const;
type Trouble = (typeof TROUBLES)[number];
type Part = ObjectOperation & { version?: number };

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly current?: AnnotationSetData,
  ) {
    super(code);
  }
}

class Server {
  set: AnnotationSetData = { version: 0, status: "new", reason: "", note: "", annotations: [] };
  classes = new Set([1, 2, 3]);
  mayLabel = true;
  trouble: Trouble[] = [];
  moment = 0;
  private ids = 0;
  private sent = new Map<string, number>();

  readonly fetch = (url: string, { method, body }: RequestInit): Promise<Response> => {
    const text = typeof body === "string" ? body : "";
    const key = `${this.moment}@${Date.now()} ${method} ${url} ${text.replace(/"version":\d+/, "")}`;
    this.sent.set(key, (this.sent.get(key) ?? 0) + 1);
    if (this.sent.get(key)! > MOST_AT_ONCE) throw new Error(`sent ${MOST_AT_ONCE} times without a pause: ${key}`);
    const trouble = this.trouble.shift();
    if (trouble === "down") return Promise.reject(new TypeError("down"));
    if (trouble === "signed out") return this.refuse(401, "signed_out");
    if (trouble === "500" || trouble === "503") {
      const headers = new Headers(trouble === "503" ? { "Retry-After": "40" } : {});
      return Promise.resolve(new Response("<h1>no</h1>", { status: Number(trouble), headers }));
    }
    if (trouble === "malformed") return Promise.resolve(new Response("<h1>portal</h1>"));
    if (trouble === "not ours") return Promise.resolve(Response.json({ ok: true }));
    if (trouble === "too large" && method !== "GET") return this.refuse(413, "too_large");
    const answer = this.answer(method!, url, text ? (JSON.parse(text) as Part) : null);
    return trouble === "lost" ? Promise.reject(new TypeError("lost")) : answer;
  };

  takes(operation: Operation): boolean {
    if (!this.mayLabel) return false;
    return flat([operation]).every((part) => !("category" in part) || this.classes.has(part.category));
  }

  private refuse(status: number, code: string, current?: AnnotationSetData): Promise<Response> {
    return Promise.resolve(Response.json({ error: { code, message: code, current } }, { status }));
  }

  private answer(method: string, url: string, body: Part | null): Promise<Response> {
    if (method === "GET") return Promise.resolve(Response.json(this.set));
    if (!this.mayLabel) return this.refuse(403, "forbidden");
    try {
      return Promise.resolve(Response.json(this.carryOut(method, url, body!)));
    } catch (error) {
      const { status, code, current } = error as Refusal;
      return this.refuse(status, code, current);
    }
  }

  private carryOut(method: string, url: string, body: Part): object {
    const { version, ...content } = body;
    if (url === "/changes") {
      const { changes } = content as unknown as { changes: ObjectOperation[] };
      for (const one of changes) this.check(one);
      this.compare(version);
      const before = this.set;
      try {
        const made = changes.map((one) => this.one(one));
        return { version: this.set.version, annotations: made.filter((one) => one !== null) };
      } catch (error) {
        this.set = before;
        throw error;
      }
    }
    if (url === "/status" || url === "/note") {
      this.compare(version);
      const { text: note, ...status } = content as unknown as { text?: string };
      this.raise({ ...(note === undefined ? { reason: "", ...status } : { note }) });
      return { ...this.set, annotations: undefined };
    }
    if (method === "POST") {
      this.check({ ...content, kind: "create" } as ObjectOperation);
      this.compare(version);
      return { version: this.set.version + 1, annotation: this.one({ ...content, kind: "create" } as ObjectOperation) };
    }
    const found = this.set.annotations.find(({ id }) => url === `/annotations/${id}`);
    if (!found) throw new Refusal(404, "not_found");
    const kind = method === "DELETE" ? "delete" : "change";
    this.check({ ...content, kind });
    this.compare(version);
    const annotation = this.one({ ...content, kind, uid: found.uid });
    return { version: this.set.version, ...(annotation && { annotation }) };
  }

  private check(one: ObjectOperation): void {
    if ("category" in one && !this.classes.has(one.category)) throw new Refusal(400, "bad_category");
  }

  private compare(version: number | undefined): void {
    if (version !== this.set.version) throw new Refusal(409, "conflict", this.set);
  }

  private one(one: ObjectOperation): AnnotationData | null {
    const { annotations } = this.set;
    const found = annotations.find(({ uid }) => uid === one.uid);
    if (one.kind === "create" && found) throw new Refusal(409, "exists", this.set);
    if (one.kind !== "create" && !found) throw new Refusal(404, "gone");
    const others = annotations.filter((other) => other !== found);
    const { kind: _, ...content } = one;
    const rest = { id: found?.id ?? ++this.ids, bbox: [0, 0, 1, 1], area: 1, created_by: null, changed_at: "" };
    const made = { ...rest, ...found, ...content } as AnnotationData;
    const begun = ["new", "skipped", "done"].includes(this.set.status) ? { status: "in_progress" } : {};
    const after =
      one.kind === "delete"
        ? others
        : found
          ? annotations.map((a) => (a === found ? made : a))
          : [...annotations, made];
    this.raise({ ...(begun as object), annotations: after });
    return one.kind === "delete" ? null : made;
  }

  private raise(change: Partial<AnnotationSetData>): void {
    this.set = { ...this.set, ...change, version: this.set.version + 1 };
  }
}

const ENDPOINTS = {
  annotations: "/set",
  annotation: "/annotations/",
  changes: "/changes",
  status: "/status",
  note: "/note",
  retry: "",
  time: "",
  images: "",
  next: "",
  keys: "",
};

type Step = readonly [name: (typeof STEPS)[number], a: number, b: number];
const STEPS = [
  "create", "create", "create", "class", "class", "mask", "delete", "merge", "split", "status", "note",
  "delete class", "delete class", "add class", "role", "trouble", "trouble", "reload", "drop", "correct", "retry", "time", "time",
] as const; // prettier-ignore

/** Sequences that failed once. */
const FOUND: [Step[]][] = [
  // The answer to a creation is lost; it is found in the set, and then another one is created.
  [
    [
      ["trouble", 249, 0],
      ["create", 0, 0],
      ["time", 2, 0],
      ["create", 0, 0],
    ],
  ],
  // The answer to a creation is lost, and then a change that was refused before is tried again.
  [
    [
      ["create", 551, 0],
      ["trouble", 761, 1],
      ["create", 0, 46],
      ["retry", 0, 0],
    ],
  ],
  // The image is opened again while its last outbox still waits for an answer.
  [
    [
      ["create", 0, 0],
      ["create", 0, 0],
      ["create", 0, 0],
      ["reload", 0, 0],
    ],
  ],
];

class Bench {
  readonly server = new Server();
  private readonly database = new MemoryDatabase();
  outbox!: Outbox;
  private made = 0;
  /** What the annotator sees as their work: class and mask of each object. */
  wanted = new Map<string, string>();

  async open(): Promise<void> {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- there is none at first
    this.outbox?.dispose();
    const api = new Api(ENDPOINTS, this.server.fetch as typeof fetch);
    this.outbox = new Outbox(api, new PendingStore(this.database, "1/1/tab"), () => {});
    void this.outbox.load();
    await vi.advanceTimersByTimeAsync(0);
  }

  seen(): Map<string, string> {
    return new Map(this.outbox.shown.map(({ uid, category, counts }) => [uid, `${category} ${counts}`]));
  }

  async take([name, a, b]: Step): Promise<void> {
    const { outbox, server } = this;
    server.moment += 1;
    const there = outbox.shown;
    const one = there[a % Math.max(1, there.length)];
    const other = there[b % Math.max(1, there.length)];
    const known = [...server.classes];
    const category = 1 + (a % 4);
    const counts = `mask ${++this.made}`;
    const refused = outbox.refused[a % Math.max(1, outbox.refused.length)];
    if (name === "create")
      outbox.add({ kind: "create", uid: `u${this.made}`, category, counts, clicks: [], z: this.made });
    else if (name === "class" && one) outbox.add({ kind: "change", uid: one.uid, category: 1 + (b % 4) });
    else if (name === "mask" && one) outbox.add({ kind: "change", uid: one.uid, counts, clicks: [] });
    else if (name === "delete" && one) outbox.add({ kind: "delete", uid: one.uid });
    else if (name === "merge" && one && other && one !== other) {
      const merged = { kind: "change", uid: one.uid, counts, clicks: [] } as const;
      outbox.add({ kind: "batch", changes: [merged, { kind: "delete", uid: other.uid }] });
    } else if (name === "split" && one) {
      const { category, clicks } = one;
      const piece = {
        kind: "create",
        uid: `u${this.made}`,
        category,
        counts: `${counts} b`,
        clicks,
        z: this.made,
      } as const;
      outbox.add({ kind: "batch", changes: [{ kind: "change", uid: one.uid, counts, clicks }, piece] });
    } else if (name === "status") outbox.add({ kind: "status", status: a % 2 ? "done" : "in_progress" });
    else if (name === "note") outbox.add({ kind: "note", text: `note ${this.made}` });
    else if (name === "delete class") {
      const used = server.set.annotations.some((kept) => kept.category === category);
      if (!used && known.length > 1) server.classes.delete(category);
    } else if (name === "add class") server.classes.add(category);
    else if (name === "role") server.mayLabel = !server.mayLabel;
    else if (name === "trouble") {
      for (let times = 0; times <= b % 6; times++) server.trouble.push(TROUBLES[a % TROUBLES.length]!);
    } else if (name === "reload") {
      await this.open();
      await vi.advanceTimersByTimeAsync(10 * 60_000); // until the set is loaded, whatever trouble there is
    } else if (name === "drop" && refused) outbox.drop(refused);
    else if (name === "correct" && refused) outbox.correct(refused, known[b % known.length]!, server.classes);
    else if (name === "retry") outbox.retryRefused();
    else if (name === "time") await vi.advanceTimersByTimeAsync(500 * (a % 40));
    // Answers come, or not yet: then more is done before them.
    if (b % 3) await vi.advanceTimersByTimeAsync(0);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("brings everything to the server that it accepts, without haste, and settles", { timeout: 60_000 }, async () => {
  const step = fc.tuple(fc.constantFrom(...STEPS), fc.nat(1000), fc.nat(1000));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps: Step[]) => {
      const bench = new Bench();
      await bench.open();
      for (const one of steps) {
        const before = bench.seen();
        await bench.take(one);
        // Neither an answer nor a reload changes what the annotator sees of their work.
        if (["trouble", "delete class", "add class", "role", "retry", "time", "reload"].includes(one[0])) {
          expect(bench.seen()).toEqual(before);
        }
      }
      const { server, outbox } = bench;
      const wanted = bench.seen();
      server.moment += 1;
      server.trouble = [];
      await vi.advanceTimersByTimeAsync(30 * 60_000);
      expect(outbox.conflict).toBeNull();
      expect([outbox.operations, outbox.state.kind]).toEqual([[], outbox.refused.length > 0 ? "refused" : "saved"]);
      expect(bench.seen()).toEqual(wanted);
      expect({ ...outbox.set, annotations: [] }).toEqual({ ...server.set, annotations: [] });
      expect(outbox.set.annotations).toEqual(server.set.annotations);
      // What is left was refused when it was tried; tried now, all that is acceptable is accepted.
      server.mayLabel = true;
      server.moment += 1;
      outbox.retryRefused();
      await vi.advanceTimersByTimeAsync(30 * 60_000);
      for (const { operation } of outbox.refused) expect(server.takes(operation)).toBe(false);
      expect(bench.seen()).toEqual(wanted);
      // And each that is left can be corrected.
      for (const one of outbox.refused) outbox.correct(one, [...server.classes][0]!, server.classes);
      await vi.advanceTimersByTimeAsync(60_000);
      expect([outbox.refused, outbox.operations, outbox.state.kind]).toEqual([[], [], "saved"]);
      expect(new Set(server.set.annotations.map(({ uid }) => uid))).toEqual(new Set(wanted.keys()));
      outbox.dispose();
    }),
    { numRuns: 200, examples: FOUND },
  );
});
