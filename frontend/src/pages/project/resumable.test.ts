import { createHash } from "node:crypto";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { forget, sendInParts, unfinished } from "./resumable";

const START = "/api/projects/3/resumable";
const MIB = 1024 * 1024;

/** What the server has of the file, as the protocol says; and what goes wrong next, in turn: a status, or 0. */
let stored: Uint8Array[];
let announced: Record<string, string>[];
let faults: (number | null)[];
let requests: string[];
let kept: Map<string, string>;

class FakeRequest {
  status = 0;
  responseText = "";
  upload = { addEventListener: () => undefined };
  private readonly heard: Record<string, () => void> = {};
  private readonly headers: Record<string, string> = {};
  private answer: Record<string, string> = {};
  private method = "";

  open(method: string, url: string): void {
    this.method = method;
    requests.push(`${method} ${url}`);
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  addEventListener(kind: string, hear: () => void): void {
    this.heard[kind] = hear;
  }
  getResponseHeader(name: string): string | null {
    return this.answer[name] ?? null;
  }

  send(body: Blob | null): void {
    void this.respond(body).then(() => this.heard[this.status ? "load" : "error"]?.());
  }

  private async respond(body: Blob | null): Promise<void> {
    const fault = faults.shift() ?? null;
    this.status = fault ?? (this.method === "POST" ? 201 : 204);
    if (fault !== null) return;
    if (this.method === "POST") {
      announced.push(this.headers);
      stored = [];
      this.answer = { Location: `/api/resumable/${announced.length}` };
      return;
    }
    const size = stored.reduce((sum, one) => sum + one.length, 0);
    if (this.method === "PATCH") {
      if (Number(this.headers["Upload-Offset"]) !== size) {
        this.status = 409;
        return;
      }
      stored.push(new Uint8Array(await body!.arrayBuffer()));
    }
    this.answer = { "Upload-Offset": String(stored.reduce((sum, one) => sum + one.length, 0)) };
  }
}

beforeEach(() => {
  [stored, announced, faults, requests] = [[], [], [], []];
  kept = new Map();
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  vi.stubGlobal("document", { cookie: "csrf_1=abc", querySelector: () => ({ content: "csrf_1" }) });
  vi.stubGlobal("setTimeout", (act: () => void) => queueMicrotask(act));
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    key: (at: number) => [...kept.keys()][at] ?? null,
    get length() {
      return kept.size;
    },
  });
});

afterEach(() => vi.unstubAllGlobals());

function bytes(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7) % 251);
}

function hash(parts: Uint8Array[]): string {
  const made = createHash("sha1");
  for (const one of parts) made.update(one);
  return made.digest("hex");
}

function fileOf(data: Uint8Array<ArrayBuffer>): File {
  return new File([data], "größe.zip", { lastModified: 1000 });
}

const send = (file: File) => sendInParts(file, `straße/${file.name}`, START, () => undefined);

describe("sendInParts", () => {
  it("sends a file in parts, with its name and its place", async () => {
    const data = bytes(9 * MIB);
    expect(await send(fileOf(data))).toBe(1);
    expect(stored.map((one) => one.length)).toEqual([4 * MIB, 4 * MIB, MIB]);
    expect(hash(stored)).toBe(hash([data]));
    const [name, path] = announced[0]!["Upload-Metadata"]!.split(",").map((one) => one.split(" ")[1]!);
    expect(Buffer.from(name!, "base64").toString()).toBe("größe.zip");
    expect(Buffer.from(path!, "base64").toString()).toBe("straße/größe.zip");
  });

  it("goes on where it was after lost connections and a restart of the server", async () => {
    const data = bytes(9 * MIB);
    faults = [null, null, 0, 0, 503, null, 0];
    await send(fileOf(data));
    expect(hash(stored)).toBe(hash([data]));
    expect(announced).toHaveLength(1);
    expect(requests.filter((one) => one.startsWith("HEAD")).length).toBeGreaterThanOrEqual(2);
  });

  it("goes on after a reload of the page, and begins anew with what the server has forgotten", async () => {
    const data = bytes(5 * MIB);
    faults = [null, null, 400]; // the second part is refused: as if the page were left there
    await expect(send(fileOf(data))).rejects.toThrow();
    expect(unfinished(START)).toEqual(["straße/größe.zip"]);
    expect(unfinished("/api/projects/99/resumable")).toEqual([]);
    requests = [];
    expect(await send(fileOf(data))).toBe(1);
    expect(requests.map((one) => one.split(" ")[0])).toEqual(["HEAD", "PATCH"]);
    expect(hash(stored)).toBe(hash([data]));

    faults = [410];
    expect(await send(fileOf(data))).toBe(2);
    expect(hash(stored)).toBe(hash([data]));
    forget(fileOf(data), "straße/größe.zip", START);
    expect(kept.size).toBe(0);
  });

  it("gives up what is refused at once, and what never answers after a while", async () => {
    faults = [413];
    await expect(send(fileOf(bytes(10)))).rejects.toThrow("too large");
    expect(requests).toHaveLength(1);
    faults = Array<number>(40).fill(0);
    await expect(send(fileOf(bytes(10)))).rejects.toThrow("connection");
    expect(requests.length).toBeLessThan(20);
  });
});
