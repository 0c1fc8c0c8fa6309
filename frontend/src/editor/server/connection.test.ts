/** The client against a real WebSocket server that keeps click sessions as docs/reference/protocol.md says. */

import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket as NodeSocket, WebSocketServer } from "ws";
import type { EncodingState } from "../../shared/types";
import { encodeRuns } from "../mask/rle";
import { ClickConnection, type Answer, type Listener } from "./connection";
import type { ClientMessage } from "./protocol";
import type { WireClick } from "./types";

/** A mask of as many pixels as the object has clicks: enough to tell one answer from another. */
class Server {
  refusing = false;
  readonly server = new WebSocketServer({ port: 0, verifyClient: () => !this.refusing });
  readonly got: ClientMessage[] = [];
  state: EncodingState = "ready";
  /** Called before the usual answer; true: there is none. */
  intercept: (message: ClientMessage, socket: NodeSocket) => boolean = () => false;
  private sessions = new Map<string, { clicks: WireClick[]; redo: WireClick[] }>();

  constructor() {
    this.server.on("connection", (socket) => {
      this.sessions.clear();
      const limits = { message_bytes: 65536, clicks_per_second: 30, clicks_per_object: 500 };
      this.say(socket, { type: "hello", image: 1, width: 100, height: 100, state: this.state, limits });
      socket.on("message", (data) => {
        const message = JSON.parse(String(data)) as ClientMessage;
        this.got.push(message);
        if (!this.intercept(message, socket)) this.answer(socket, message);
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  say(socket: NodeSocket, message: object): void {
    socket.send(JSON.stringify({ v: 1, ...message }));
  }

  mask(socket: NodeSocket, object: string, seq: number, clicks: number, more: object = {}): void {
    const bbox = clicks === 0 ? [0, 0, 0, 0] : [10, 10, 1, clicks];
    const counts = clicks === 0 ? "" : encodeRuns([0, clicks]);
    const ms = { queue: 0, decode: 0 };
    this.say(socket, { type: "mask", object, seq, clicks, can_redo: false, bbox, counts, stage: "final", ms, ...more });
  }

  drop(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  close(): void {
    this.drop();
    this.server.close();
  }

  private answer(socket: NodeSocket, message: ClientMessage): void {
    if (message.type === "ping") return this.say(socket, { type: "pong", seq: message.seq });
    if (!("seq" in message)) return;
    const { object, seq } = message;
    if (message.type === "start") this.sessions.set(object, { clicks: [...(message.clicks ?? [])], redo: [] });
    const session = this.sessions.get(object);
    if (!session) return this.say(socket, { type: "error", code: "unknown_object", message: "Start it.", object, seq });
    if (message.type === "click") session.clicks.push([message.x, message.y, message.positive]);
    if (message.type === "undo") session.redo.push(session.clicks.pop()!);
    if (message.type === "redo") session.clicks.push(session.redo.pop()!);
    this.mask(socket, object, seq, session.clicks.length);
  }
}

const A: WireClick = [1, 1, true];
const B: WireClick = [2, 2, false];
const C: WireClick = [3, 3, true];
const PATIENCE = { first: 20, longest: 40, silence: 5_000 };

describe("the click connection", () => {
  let server: Server;
  let client: ClickConnection;
  let answers: Answer[];
  let listener: { [Key in keyof Listener]: ReturnType<typeof vi.fn<Listener[Key]>> };

  const connect = (patience = PATIENCE) => {
    const open = (url: string) => {
      const socket = new NodeSocket(url);
      socket.on("error", () => {}); // Node's way; a `close` event follows, as in browsers
      return socket as unknown as WebSocket;
    };
    client = new ClickConnection(server.url, listener, open, patience);
    client.connect();
  };
  const track = (...clicks: WireClick[]) =>
    client.track({ object: "one", clicks, previous: null, box: null, closer: false });
  const types = () => server.got.map(({ type }) => type);
  const settledWith = (clicks: number) =>
    vi.waitFor(() => expect(answers.at(-1)).toMatchObject({ object: "one", clicks, final: true }), { timeout: 4_000 });

  const greeted = () =>
    vi.waitFor(() => expect(listener.connection).toHaveBeenLastCalledWith("open"), { timeout: 4_000 });

  beforeEach(async () => {
    server = new Server();
    answers = [];
    listener = {
      connection: vi.fn(),
      hello: vi.fn(),
      encoding: vi.fn(),
      presence: vi.fn(),
      annotations: vi.fn(),
      project: vi.fn(),
      review: vi.fn(),
      inbox: vi.fn(),
      gone: vi.fn(),
      suggestions: vi.fn(),
      mask: vi.fn((answer: Answer) => void answers.push(answer)),
      refused: vi.fn(),
    };
    connect();
    await greeted();
  });

  afterEach(() => {
    client.dispose();
    server.close();
  });

  it("sends one small message a click, whatever the history", async () => {
    track(A);
    await settledWith(1);
    track(A, B);
    await settledWith(2);
    track(A, B, C);
    await settledWith(3);
    expect(types()).toEqual(["start", "click", "click"]);
    expect(server.got[2]).toEqual({ v: 1, type: "click", object: "one", seq: 3, x: 3, y: 3, positive: true });
    expect(answers.at(-1)!.patch).toEqual({ box: [10, 10, 1, 3], runs: [0, 3] });
  });

  it("undoes and redoes, and replaces an undone click", async () => {
    track(A, B);
    track(A);
    track(A, B);
    track(A);
    track(A, C);
    await settledWith(2);
    expect(types()).toEqual(["start", "undo", "redo", "undo", "click"]);
  });

  it("takes a refined answer after a coarse one, and sends its tile again after a lost connection", async () => {
    let reply = (): void => {};
    server.intercept = (message, socket) => {
      if (message.type !== "click") return false;
      server.mask(socket, message.object, message.seq, 2, { stage: "coarse" });
      reply = () => {
        server.mask(socket, message.object, message.seq, 3, { clicks: 2, tiles: [null, "t1-0-0"] });
        server.mask(socket, message.object, message.seq, 9, { clicks: 2 }); // a second final answer is none
      };
      return true;
    };
    track(A);
    await settledWith(1);
    track(A, B);
    await settledWith(2);
    expect(answers.at(-1)!.tiles).toEqual([]);
    reply();
    await vi.waitFor(() => expect(answers).toHaveLength(3));
    expect(answers[2]).toMatchObject({
      clicks: 2,
      final: true,
      tiles: [null, "t1-0-0"],
      patch: { box: [10, 10, 1, 3] },
    });
    const told: WireClick = [2, 2, false, "t1-0-0"];
    track(A, told); // what is known already
    expect(types()).toEqual(["start", "click"]);
    server.intercept = () => false;
    server.drop();
    await vi.waitFor(() => expect(types()).toEqual(["start", "click", "start"]), { timeout: 4_000 });
    expect(server.got.at(-1)).toMatchObject({ clicks: [A, told] });
    await vi.waitFor(() => expect(answers).toHaveLength(4));
  });

  it("starts anew with all clicks after a lost connection", async () => {
    track(A);
    await settledWith(1);
    server.drop();
    track(A, B);
    await settledWith(2);
    expect(listener.connection).toHaveBeenCalledWith("lost");
    expect(listener.connection).toHaveBeenLastCalledWith("open");
    expect(server.got.at(-1)).toEqual({ v: 1, type: "start", object: "one", seq: 1, clicks: [A, B] });
  });

  it("says that newer answers follow, and drops stale ones", async () => {
    const held: [NodeSocket, number][] = [];
    server.intercept = (message, socket) => {
      if (message.type === "click") held.push([socket, message.seq]);
      return message.type === "click";
    };
    track(A);
    track(A, B);
    track(A, B, C);
    await vi.waitFor(() => expect(held).toHaveLength(2));
    const [[socket, second], [, third]] = held as [[NodeSocket, number], [NodeSocket, number]];
    server.mask(socket, "one", second, 2);
    server.mask(socket, "one", third, 3);
    server.mask(socket, "one", second, 2);
    server.mask(socket, "other", third + 1, 9);
    await settledWith(3);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answers.map(({ clicks, final }) => [clicks, final])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  it("waits until the image is ready", async () => {
    client.dispose();
    server.state = "queued";
    connect();
    track(A, B);
    await vi.waitFor(() => expect(listener.hello).toHaveBeenCalledTimes(2));
    expect(server.got).toEqual([]);
    for (const socket of server.server.clients) server.say(socket, { type: "state", state: "ready" });
    await settledWith(2);
    expect(listener.encoding).toHaveBeenCalledWith({ v: 1, type: "state", state: "ready" });
  });

  it("starts anew when the server forgot the object or was too busy", async () => {
    let refused = 0;
    server.intercept = (message, socket) => {
      if (message.type !== "click" || refused++ > 0) return false;
      const { object, seq } = message;
      server.say(socket, { type: "error", code: "unknown_object", message: "Start it.", object, seq });
      return true;
    };
    track(A);
    await settledWith(1);
    track(A, B);
    await settledWith(2);
    expect(types()).toEqual(["start", "click", "start"]);
    expect(listener.refused).not.toHaveBeenCalled();
  });

  it("tells what the server will never take", async () => {
    server.intercept = (message, socket) => {
      if (message.type !== "click") return false;
      const { object, seq } = message;
      server.say(socket, { type: "error", code: "too_many_clicks", message: "Enough.", object, seq });
      return true;
    };
    track(A);
    track(A, B);
    await vi.waitFor(() => expect(listener.refused).toHaveBeenCalledWith("one", "too_many_clicks", "Enough."));
    track(A);
    await settledWith(1);
  });

  it("refines a mask: it goes along with the start, at the first click", async () => {
    const patch = { box: [1, 2, 1, 3], runs: [0, 3] } as const;
    const refine = (...clicks: WireClick[]) =>
      client.track({ object: "one", clicks, previous: patch, box: null, closer: false });
    refine();
    refine(A);
    await settledWith(1);
    const previous = { bbox: [1, 2, 1, 3], counts: encodeRuns([0, 3]) };
    expect(server.got).toEqual([{ v: 1, type: "start", object: "one", seq: 1, clicks: [A], previous }]);
  });

  it("starts from a box, and again when it is another one", async () => {
    const box = (x1: number, ...clicks: WireClick[]) =>
      ({ object: "one", clicks, previous: null, closer: false, box: [0, 0, x1, 9] }) as const;
    const first = box(5);
    client.track(first);
    await settledWith(0);
    client.track({ ...first, clicks: [A] });
    await settledWith(1);
    client.track(box(7, A));
    await vi.waitFor(() => expect(types()).toEqual(["start", "click", "start"]));
    expect(server.got[0]).toEqual({ v: 1, type: "start", object: "one", seq: 1, box: [0, 0, 5, 9] });
    expect(server.got[2]).toMatchObject({ box: [0, 0, 7, 9], clicks: [A] });
  });

  it("starts anew with one message when the first click is another", async () => {
    track(A);
    await settledWith(1);
    track(B);
    await vi.waitFor(() => expect(types()).toEqual(["start", "start"]));
  });

  it("forgets released objects", async () => {
    track(A);
    await settledWith(1);
    client.release("one");
    await vi.waitFor(() => expect(types()).toEqual(["start", "close"]));
    server.drop();
    await vi.waitFor(() => expect(listener.hello).toHaveBeenCalledTimes(2));
    expect(types()).toEqual(["start", "close"]);
  });

  it("gives up a socket that is silent", async () => {
    client.dispose();
    server.intercept = () => true;
    connect({ ...PATIENCE, silence: 60 });
    await vi.waitFor(() => expect(listener.connection).toHaveBeenCalledWith("lost"));
    await vi.waitFor(() => expect(listener.hello.mock.calls.length).toBeGreaterThan(2));
    expect(types()).toContain("ping");
  });

  it.each([
    [4403, "denied"],
    [4401, "signed_out"],
  ])("stays outside when it is shut out with %i, until it is asked to try again", async (code, state) => {
    server.refusing = true;
    for (const socket of server.server.clients) socket.close(code);
    await vi.waitFor(() => expect(listener.connection).toHaveBeenLastCalledWith(state));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(listener.connection).toHaveBeenLastCalledWith(state);
    server.refusing = false;
    client.retryNow();
    await vi.waitFor(() => expect(listener.hello).toHaveBeenCalledTimes(2));
  });

  it("comes back by itself when only the session is a new one", async () => {
    track(A);
    await settledWith(1);
    for (const socket of server.server.clients) socket.close(4403);
    await vi.waitFor(() => expect(listener.hello).toHaveBeenCalledTimes(2));
    track(A, B);
    await settledWith(2);
    expect(listener.connection).not.toHaveBeenCalledWith("denied");
  });

  it("gives its place to other tabs until somebody looks at it", async () => {
    vi.stubGlobal("window", new EventTarget());
    vi.stubGlobal("document", { visibilityState: "visible" });
    track(A);
    await settledWith(1);
    for (const socket of server.server.clients) socket.close(4429);
    await vi.waitFor(() => expect(listener.connection).toHaveBeenLastCalledWith("lost"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(listener.hello).toHaveBeenCalledTimes(1);
    window.dispatchEvent(new Event("focus"));
    await vi.waitFor(() => expect(listener.hello).toHaveBeenCalledTimes(2));
    await settledWith(1);
    vi.unstubAllGlobals();
  });
});
