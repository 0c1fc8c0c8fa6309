/** The outbox against a small annotation service over real HTTP, with versions and conflicts like the server's. */

import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Operation } from "../model/changes";
import { Api } from "../server/api";
import type { AnnotationData, AnnotationSetData } from "../server/types";
import { Outbox } from "./outbox";
import { MemoryPending } from "./pendingStore";

interface Body {
  version: number;
  status: AnnotationSetData["status"];
  uid: string;
  category: number;
  text: string;
  reason?: string;
}

class Service {
  set: AnnotationSetData = { version: 3, status: "in_progress", reason: "", annotations: [annotation(1, "a")] };
  /** What to do with the next requests: answer, or fail first, or carry out and lose the answer. */
  readonly trouble: ("down" | "lost" | "signed_out" | "refuse")[] = [];
  readonly requests: string[] = [];
  private readonly http: HttpServer;

  constructor() {
    this.http = createServer((request, response) => {
      void read(request).then((body) => {
        this.requests.push(`${request.method} ${request.url}`);
        const trouble = this.trouble.shift();
        if (trouble === "down") return response.destroy();
        const [status, answer] =
          trouble === "signed_out"
            ? [401, { error: { code: "signed_out", message: "Sign in first." } }]
            : trouble === "refuse"
              ? [400, { error: { code: "bad_mask", message: "The mask is empty." } }]
              : this.answer(request.method!, request.url!, body as Body);
        if (trouble === "lost") return response.destroy();
        response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
      });
    });
  }

  async listen(): Promise<Api> {
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
    const [annotations, annotation] = [`${base}/set`, `${base}/annotations/`];
    return new Api({
      annotations,
      annotation,
      changes: `${base}/changes`,
      status: `${base}/status`,
      retry: `${base}/retry`,
      note: `${base}/note`,
      time: "",
      images: "",
      next: "",
      keys: "",
    });
  }

  close(): void {
    this.http.closeAllConnections();
    this.http.close();
  }

  change(annotations: readonly AnnotationData[]): void {
    this.set = { ...this.set, version: this.set.version + 1, annotations };
  }

  private answer(method: string, url: string, body: Body): [number, object] {
    const { version, annotations } = this.set;
    if (method === "GET") return [200, this.set];
    if (body.version !== version) {
      return [409, { error: { code: "conflict", message: "Stale.", current: this.set } }];
    }
    if (url === "/note") {
      this.set = { ...this.set, version: version + 1, note: body.text };
      return [200, { version: version + 1, note: body.text }];
    }
    if (url === "/status") {
      const { status, reason } = body;
      this.set = { ...this.set, version: version + 1, status, ...(reason && { reason }) };
      return [200, { version: version + 1, status, ...(reason && { reason }) }];
    }
    if (method === "POST") {
      const made = annotation(annotations.length + 10, body.uid, body.category);
      this.change([...annotations, made]);
      return [201, { version: version + 1, annotation: made }];
    }
    const found = annotations.find(({ id }) => url.endsWith(`/${id}`));
    if (!found) return [404, { error: { code: "not_found", message: "Gone." } }];
    const changed = { ...found, category: "category" in body ? body.category : found.category };
    if (method === "DELETE") this.change(annotations.filter((one) => one !== found));
    else this.change(annotations.map((one) => (one === found ? changed : one)));
    return [200, { version: version + 1, annotation: changed }];
  }
}

function annotation(id: number, uid: string, category = 1): AnnotationData {
  return { id, uid, category, counts: uid, bbox: [0, 0, 1, 1], area: 1, clicks: [], created_by: null, changed_at: "" };
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text ? JSON.parse(text) : null;
}

const create = (uid: string): Operation => ({ kind: "create", uid, category: 2, counts: uid, clicks: [] });

describe("the outbox", () => {
  let service: Service;
  let pending: MemoryPending;
  let api: Api;
  let outbox: Outbox;
  const states: string[] = [];

  const open = async () => {
    states.length = 0;
    outbox = new Outbox(api, pending, () => states.push(outbox.state.kind), { first: 20, longest: 60 });
    await outbox.load();
  };
  const state = (kind: string) => vi.waitFor(() => expect(states).toContain(kind), { interval: 5 });
  const saved = () => vi.waitFor(() => expect([outbox.state.kind, outbox.operations.length]).toEqual(["saved", 0]));
  const uids = () => service.set.annotations.map(({ uid }) => uid);

  beforeEach(async () => {
    service = new Service();
    pending = new MemoryPending();
    api = await service.listen();
    await open();
  });
  afterEach(() => service.close());

  it("shows a change at once and saves it", async () => {
    outbox.add(create("b"));
    expect(outbox.shown.map(({ uid }) => uid)).toEqual(["a", "b"]);
    expect(await outbox.settled()).toBe(true);
    expect(outbox.set).toEqual(service.set);
    expect(await pending.read()).toBeNull();
  });

  it("saves in order, each with the version the one before made", async () => {
    outbox.add(create("b"));
    outbox.add({ kind: "change", uid: "b", category: 5 });
    outbox.add({ kind: "delete", uid: "a" });
    outbox.add({ kind: "status", status: "done" });
    await saved();
    expect(service.set).toMatchObject({ version: 7, status: "done", annotations: [{ uid: "b", category: 5 }] });
    expect(outbox.set).toEqual(service.set);
  });

  it("tries again until the server is back", async () => {
    service.trouble.push("down", "down");
    outbox.add(create("b"));
    await state("offline");
    expect(await outbox.settled()).toBe(false);
    await saved();
    expect(uids()).toEqual(["a", "b"]);
  });

  it("finds that a save whose answer was lost was carried out", async () => {
    service.trouble.push("lost");
    outbox.add({ kind: "change", uid: "a", category: 4 });
    outbox.add(create("b"));
    await saved();
    expect(outbox.conflict).toBeNull();
    expect(service.set).toMatchObject({ version: 5, annotations: [{ uid: "a", category: 4 }, { uid: "b" }] });
  });

  it("goes on after a reload with what was not saved", async () => {
    service.trouble.push("down", "down", "down", "down", "down");
    outbox.add(create("b"));
    await state("offline");
    service.trouble.length = 0;
    await open();
    await saved();
    expect(uids()).toEqual(["a", "b"]);
  });

  it("tells a conflict and overwrites nothing", async () => {
    service.change([annotation(1, "a"), annotation(2, "theirs")]);
    outbox.add(create("mine"));
    await state("conflict");
    expect(outbox.conflict!.theirs.objects).toEqual([{ uid: "theirs", what: "added", category: 1 }]);
    expect(uids()).toEqual(["a", "theirs"]);
    outbox.add(create("later"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(uids()).toEqual(["a", "theirs"]);
  });

  it("adds mine to theirs", async () => {
    service.change([annotation(2, "theirs")]);
    outbox.add({ kind: "change", uid: "a", category: 7 });
    await state("conflict");
    outbox.resolve("mine");
    await saved();
    expect(service.set.annotations.map(({ uid, category }) => [uid, category])).toEqual([
      ["theirs", 1],
      ["a", 7],
    ]);
  });

  it("keeps of mine what is chosen, and brings the rest back when asked", async () => {
    service.change([annotation(2, "theirs")]);
    outbox.add(create("one"));
    outbox.add(create("two"));
    outbox.add({ kind: "note", text: "Two cats" });
    await state("conflict");
    expect(outbox.resolve("mine", new Set(["one"]))).toBe(1);
    await saved();
    expect([uids(), service.set.note]).toEqual([["theirs", "two"], "Two cats"]);
    outbox.bringBack();
    await saved();
    expect(uids()).toEqual(["theirs", "two", "one"]);
  });

  it("tells a conflict of two notes", async () => {
    service.set = { ...service.set, version: 4, note: "theirs" };
    outbox.add({ kind: "note", text: "mine" });
    await state("conflict");
    expect(outbox.conflict!.theirs).toEqual({ objects: [], status: null, note: "theirs" });
    outbox.resolve("mine");
    await saved();
    expect(service.set.note).toBe("mine");
  });

  it("begins a skipped image again with an object", async () => {
    outbox.add({ kind: "status", status: "skipped", reason: "Blurred" });
    await saved();
    expect([outbox.status, outbox.reason]).toEqual(["skipped", "Blurred"]);
    outbox.add(create("b"));
    await saved();
    expect([outbox.set.status, outbox.set.reason]).toEqual(["in_progress", ""]);
  });

  it("stores nothing over what an earlier page left, also when something is done before it is read", async () => {
    service.trouble.push("down", "down", "down");
    outbox.add(create("b"));
    await state("offline");
    outbox.dispose();
    service.trouble.length = 0;
    outbox = new Outbox(api, pending, () => states.push(outbox.state.kind), { first: 20, longest: 60 });
    outbox.add(create("c"));
    await outbox.load();
    await saved();
    expect(uids()).toEqual(["a", "b", "c"]);
  });

  it("drops mine for theirs", async () => {
    service.change([annotation(2, "theirs")]);
    outbox.add(create("mine"));
    await state("conflict");
    outbox.resolve("theirs");
    await saved();
    expect(uids()).toEqual(["theirs"]);
    expect(outbox.shown.map(({ uid }) => uid)).toEqual(["theirs"]);
    expect(await pending.read()).toBeNull();
  });

  it("tells a conflict after a reload, too", async () => {
    service.trouble.push("down", "down", "down", "down", "down");
    outbox.add(create("mine"));
    await state("offline");
    service.trouble.length = 0;
    service.change([]);
    await open();
    await state("conflict");
    expect(outbox.conflict!.theirs.objects).toEqual([{ uid: "a", what: "removed", category: 1 }]);
  });

  it("keeps the work while signed out", async () => {
    service.trouble.push("signed_out");
    outbox.add(create("b"));
    await state("signed_out");
    outbox.retryNow();
    await saved();
    expect(uids()).toEqual(["a", "b"]);
  });

  it("finds out that the person is signed out, and that they are back", async () => {
    service.trouble.push("down", "signed_out");
    await outbox.check();
    expect(outbox.state.kind).toBe("saved");
    await outbox.check();
    expect(outbox.state.kind).toBe("signed_out");
    await saved();
  });

  it("says what the server refuses, and goes on once that is dropped", async () => {
    service.trouble.push("refuse");
    outbox.add(create("bad"));
    outbox.add(create("good"));
    await state("refused");
    expect(outbox.refused).toMatchObject([{ operation: { uid: "bad" }, message: "The mask is empty." }]);
    expect(uids()).toEqual(["a", "good"]); // it holds nobody up
    outbox.drop(outbox.refused[0]!);
    await saved();
    expect(uids()).toEqual(["a", "good"]);
  });

  it("waits for what is done while it is loading", async () => {
    outbox = new Outbox(api, pending, () => {}, { first: 20, longest: 60 });
    void outbox.load();
    outbox.add({ kind: "status", status: "done" });
    expect(await outbox.settled()).toBe(true);
    expect(service.set.status).toBe("done");
    service.trouble.push("down");
    outbox = new Outbox(api, pending, () => {}, { first: 20, longest: 60 });
    void outbox.load();
    outbox.add(create("b"));
    expect(await outbox.settled()).toBe(false); // it is said at once, and saved later
    await saved();
  });

  it("looks again when it was told of a change while it was loading", async () => {
    outbox.dispose();
    outbox = new Outbox(api, pending, () => {}, { first: 20, longest: 60 });
    const loaded = outbox.load();
    await vi.waitFor(() => expect(service.requests).toHaveLength(2)); // the answer is on its way
    service.change([annotation(2, "theirs")]);
    await outbox.refresh(4);
    await loaded;
    await vi.waitFor(() => expect(outbox.shown.map(({ uid }) => uid)).toEqual(["theirs"]));
  });

  it("takes over what others did while there is nothing of ours", async () => {
    service.change([annotation(2, "theirs")]);
    await outbox.refresh(4);
    expect(outbox.shown.map(({ uid }) => uid)).toEqual(["theirs"]);
    const { length } = service.requests;
    await outbox.refresh(4);
    expect(service.requests).toHaveLength(length);
  });
});
