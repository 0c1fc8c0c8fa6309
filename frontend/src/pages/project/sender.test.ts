import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Sender } from "./sender";

/** What the server says to each file, in turn; 0 is no answer. Once the list is empty: accepted. */
let answers: Record<string, number[]>;
let inFlight = 0;
let most = 0;
const posted: string[] = [];
const paths: string[] = [];

class FakeRequest {
  status = 0;
  responseText = "";
  upload = { addEventListener: () => undefined };
  private readonly heard: Record<string, () => void> = {};

  open(): void {}
  setRequestHeader(): void {}
  addEventListener(kind: string, hear: () => void): void {
    this.heard[kind] = hear;
  }

  send(body: FormData): void {
    const { name } = body.get("file") as File;
    posted.push(name);
    paths.push(String(body.get("path")));
    most = Math.max(most, ++inFlight);
    setTimeout(() => {
      inFlight--;
      this.status = answers[name]?.shift() ?? 201;
      const item = { name, state: "waiting" };
      this.responseText = this.status === 201 ? JSON.stringify({ items: [item] }) : "no";
      this.heard[this.status ? "load" : "error"]?.();
    }, 10);
  }
}

const calls: string[] = [];

beforeEach(() => {
  answers = {};
  folder = "";
  inFlight = most = 0;
  posted.length = paths.length = calls.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  vi.stubGlobal("document", { cookie: "x_csrf_1=no; csrf_1=abc", querySelector: () => ({ content: "csrf_1" }) });
  vi.stubGlobal("fetch", (url: string) => {
    calls.push(url);
    return Promise.resolve(new Response('{"id": 7}', { status: 200 }));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

let folder = "";

async function run(...names: string[]): Promise<Sender> {
  const files = names.map((name) => ({ file: new File(["pixels"], name), path: folder + name }));
  const sender = new Sender(
    files,
    "/start",
    "/resumable",
    () => undefined,
    () => undefined,
  );
  const done = sender.run();
  await vi.runAllTimersAsync();
  await done;
  return sender;
}

describe("Sender", () => {
  it("sends every file once, three at a time, and closes the upload at the end", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `${index}.png`);
    const sender = await run(...names);
    expect(posted).toEqual(names);
    expect(paths).toEqual(names.map(() => "null"));
    expect(most).toBe(3);
    expect(calls).toEqual(["/start", "/api/uploads/7/close"]);
    expect(sender.files.every((one) => one.state === "sent")).toBe(true);
    expect(sender.busy).toBe(false);
  });

  it("tells where a file lay in a folder", async () => {
    folder = "street/";
    await run("a.png", "b.png");
    expect(paths).toEqual(["street/a.png", "street/b.png"]);
  });

  it("tries again after a lost connection or a restart of the server", async () => {
    answers = { "a.png": [0, 502] };
    const sender = await run("a.png", "b.png");
    expect(posted.filter((name) => name === "a.png")).toHaveLength(3);
    expect(sender.files.map((one) => one.state)).toEqual(["sent", "sent"]);
  });

  it("gives a file up after a while, with the reason, and goes on with the others", async () => {
    answers = { "a.png": [0, 0, 0, 0], "b.png": [413] };
    const sender = await run("a.png", "b.png", "c.png");
    expect(sender.files.map((one) => one.state)).toEqual(["failed", "failed", "sent"]);
    expect(sender.files[0]?.message).toContain("connection");
    expect(sender.files[1]?.message).toContain("too large");
    expect(posted.filter((name) => name === "b.png")).toHaveLength(1);
  });
});
