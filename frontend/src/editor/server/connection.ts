/** The click socket of an image: keeps the server's click sessions equal to the objects in the editor.
 *
 * The editor only states an object's clicks (`track`). The messages follow from the difference to what was sent on this
 * socket: one click, an undo, or after a reconnect a `start` with all clicks. An outage needs no repair, because on a
 * new socket nothing was sent yet.
 */

import { pauseAfter, spread, type Backoff } from "../../shared/backoff";
import type { EncodingState } from "../../shared/types";
import { encodeRuns, patchOf, type Patch } from "../mask/rle";
import {
  frameOf,
  NO_LONGER_ALLOWED,
  NO_LONGER_THERE,
  parse,
  SIGNED_OUT,
  TOO_MANY_SOCKETS,
  type ClientMessage,
} from "./protocol";
import type {
  AnnotationsMessage,
  ErrorMessage,
  GoneMessage,
  Hello,
  MaskMessage,
  PresenceMessage,
  PromptBox,
  StateMessage,
  SuggestionsMessage,
} from "./protocol";
import type { WireClick } from "./types";

/** What an object should be: its clicks on top of `previous`, the mask that is being refined, or else of a box. */
export interface Tracked {
  readonly object: string;
  readonly clicks: readonly WireClick[];
  readonly previous: Patch | null;
  readonly box: PromptBox | null;
  /** Whether a `start` with these clicks may be refined like a click: not while a kept mask is made again. */
  readonly closer: boolean;
}

export interface Answer {
  readonly object: string;
  readonly patch: Patch;
  /** How many of the object's clicks the mask answers. */
  readonly clicks: number;
  /** Whether it answers everything that was asked; otherwise a newer one follows. */
  readonly final: boolean;
  /** For each click the tile that it was answered on, if the server looked closer anywhere. */
  readonly tiles: readonly (string | null)[];
  /** Whether a finer answer to the same clicks may follow, once the tiles under them are encoded. */
  readonly coarse: boolean;
  /** From sending to the answer, in milliseconds. */
  readonly milliseconds: number;
}

/**
 * `signed_out`: the session is over; `denied`: the person left the project; then only `retryNow` tries again.
 * `ended`: the image is deleted.
 */
export type ConnectionState = "connecting" | "open" | "lost" | "signed_out" | "denied" | "ended";

export interface Listener {
  connection(state: ConnectionState): void;
  hello(hello: Hello): void;
  encoding(state: StateMessage): void;
  annotations(change: AnnotationsMessage): void;
  presence(message: PresenceMessage): void;
  suggestions(news: SuggestionsMessage): void;
  project(): void;
  /** Whose turn it is to review the image, a verdict or a thread changed. */
  review(): void;
  /** The person's inbox changed. */
  inbox(): void;
  gone(what: GoneMessage["what"]): void;
  mask(answer: Answer): void;
  /** The server did not take the object's last request, and asking again will not help. */
  refused(object: string, code: string, message: string): void;
}

export interface Patience extends Backoff {
  /** Milliseconds of silence before a ping, and again before the socket counts as dead. */
  readonly silence: number;
}

const PATIENCE: Patience = { first: 400, longest: 10_000, silence: 15_000 };
/** Errors after which the same clicks, started anew, can succeed; with the milliseconds to wait first. */
const TRANSIENT: Readonly<Record<string, number>> = {
  rate_limited: 1_000,
  internal: 1_000,
  unknown_object: 0,
  nothing_to_undo: 0,
  nothing_to_redo: 0,
};
const MOST_REPEATS = 4;
const WAKING = ["focus", "pointerdown", "keydown"] as const;
/** More steps than this are told by starting anew. */
const MOST_STEPS = 4;

interface Session {
  wanted: Tracked;
  /** What the server was told on this socket; null before `start`. */
  told: { clicks: WireClick[]; redo: WireClick[]; previous: Patch | null; box: PromptBox | null } | null;
  startSeq: number;
  lastSeq: number;
  answeredSeq: number;
  /** The newest answer may be followed by a refined one with the same `seq`. */
  coarse: boolean;
  milliseconds: number;
  sentAt: Map<number, number>;
  repeats: number;
}

export class ClickConnection {
  private socket: WebSocket | null = null;
  private sessions = new Map<string, Session>();
  private seq = 0;
  private greeted = false;
  /** The server closed the door on this person, and has not opened it since. */
  private shutOut: "signed_out" | "denied" | null = null;
  private encoding: EncodingState = "queued";
  private failures = 0;
  private reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly openSocket: (url: string) => WebSocket = (address) => new WebSocket(address),
    private readonly patience: Patience = PATIENCE,
  ) {}

  connect(): void {
    clearTimeout(this.reconnectTimer);
    if (this.disposed || this.socket) return;
    if (this.failures === 0) this.listener.connection("connecting");
    const socket = this.openSocket(this.url);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      if (this.socket === socket) this.receive(String(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) this.lose(event.code);
    });
    this.watchSilence(socket);
  }

  /** Try at once, for instance because the browser says that it is online again. */
  retryNow(): void {
    if (!this.socket) this.connect();
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.reconnectTimer);
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Make the server's session of this object what `wanted` says; now, or as soon as it can be reached. */
  track(wanted: Tracked): void {
    const session = this.sessions.get(wanted.object);
    if (session) {
      session.wanted = wanted;
      session.repeats = 0;
      this.settle(session);
      return;
    }
    const fresh: Session = {
      wanted,
      told: null,
      startSeq: 0,
      lastSeq: 0,
      answeredSeq: 0,
      coarse: false,
      milliseconds: 0,
      sentAt: new Map(),
      repeats: 0,
    };
    this.sessions.set(wanted.object, fresh);
    this.settle(fresh);
  }

  /** The object is kept or cancelled: no more answers about it. */
  release(object: string): void {
    const session = this.sessions.get(object);
    this.sessions.delete(object);
    if (session?.told && this.greeted) this.send({ type: "close", object });
  }

  prefetch(images: readonly number[]): void {
    if (images.length > 0 && this.greeted) this.send({ type: "prefetch", images: images.slice(0, 8) });
  }

  /** Show this editor to the others; unheard while there is no connection: to be said again after each hello. */
  here(tab: string, take: boolean): void {
    if (this.greeted) this.send({ type: "here", tab, ...(take && { take }) });
  }

  private receive(frame: string): void {
    const message = parse(frame);
    this.watchSilence(this.socket!);
    if (!message) return;
    switch (message.type) {
      case "hello":
        this.greeted = true;
        this.shutOut = null;
        this.failures = 0;
        this.encoding = message.state;
        this.listener.connection("open");
        this.listener.hello(message);
        return this.settleAll();
      case "state":
        this.encoding = message.state;
        this.listener.encoding(message);
        return this.settleAll();
      case "annotations":
        return this.listener.annotations(message);
      case "presence":
        return this.listener.presence(message);
      case "suggestions":
        return this.listener.suggestions(message);
      case "project":
        return this.listener.project();
      case "review":
        return this.listener.review();
      case "inbox":
        return this.listener.inbox();
      case "gone":
        return this.listener.gone(message.what);
      case "mask":
        return this.receiveMask(message);
      case "error":
        return this.receiveError(message);
      case "pong":
        return;
    }
  }

  private receiveMask(message: MaskMessage): void {
    const session = this.sessions.get(message.object);
    if (!session?.told || message.seq < session.startSeq) return;
    const refined = session.coarse && message.seq === session.answeredSeq;
    if (message.seq <= session.answeredSeq && !refined) return;
    session.answeredSeq = message.seq;
    session.coarse = message.stage === "coarse";
    session.repeats = 0;
    const sent = session.sentAt.get(message.seq);
    if (sent !== undefined) session.milliseconds = performance.now() - sent;
    for (const seq of session.sentAt.keys()) if (seq <= message.seq) session.sentAt.delete(seq);
    this.listener.mask({
      object: message.object,
      patch: patchOf(message.bbox, message.counts),
      clicks: message.clicks,
      final: message.seq === session.lastSeq && isTold(session),
      tiles: message.tiles ?? [],
      coarse: session.coarse,
      milliseconds: session.milliseconds,
    });
  }

  private receiveError(error: ErrorMessage): void {
    const session = error.object === undefined ? undefined : this.sessions.get(error.object);
    if (!session || (error.seq !== undefined && error.seq < session.startSeq)) return;
    session.told = null; // whatever the server has now: start anew
    if (error.code === "not_ready") return; // a `state` follows when it is
    const wait = TRANSIENT[error.code];
    if (wait === undefined || session.repeats >= MOST_REPEATS) {
      this.listener.refused(session.wanted.object, error.code, error.message);
      return;
    }
    session.repeats += 1;
    setTimeout(() => this.settle(session), wait);
  }

  private settleAll(): void {
    for (const session of this.sessions.values()) this.settle(session);
  }

  /** Tell the server what is missing for `told` to become `wanted`. */
  private settle(session: Session): void {
    if (!this.greeted || this.encoding !== "ready" || this.sessions.get(session.wanted.object) !== session) return;
    const { object, clicks, previous, box } = session.wanted;
    const told = session.told;
    if (!told || told.previous !== previous || told.box !== box) {
      if (clicks.length > 0 || box) this.start(session); // a mask without clicks asks nothing
      return;
    }
    let shared = 0;
    while (shared < Math.min(told.clicks.length, clicks.length) && sameClick(told.clicks[shared], clicks[shared])) {
      shared++;
    }
    const steps = told.clicks.length - shared + clicks.length - shared;
    const others = shared === 0 && told.clicks.length > 0 && clicks.length > 0;
    if (others || steps > MOST_STEPS) return this.start(session);
    while (told.clicks.length > shared) {
      told.redo.push(told.clicks.pop()!);
      this.request(session, (seq) => ({ type: "undo", object, seq }));
    }
    for (const click of clicks.slice(shared)) this.tellClick(session, told, click);
  }

  private tellClick(session: Session, told: NonNullable<Session["told"]>, click: WireClick): void {
    const { object } = session.wanted;
    const again = sameClick(told.redo[told.redo.length - 1], click);
    if (again) told.redo.pop();
    else told.redo = [];
    told.clicks.push(click);
    const [x, y, positive] = click;
    this.request(session, (seq) =>
      again ? { type: "redo", object, seq } : { type: "click", object, seq, x, y, positive },
    );
  }

  private start(session: Session): void {
    const { object, clicks, previous, box, closer } = session.wanted;
    session.told = { clicks: [...clicks], redo: [], previous, box };
    session.startSeq = this.seq + 1;
    this.request(session, (seq) => ({
      type: "start",
      object,
      seq,
      ...(clicks.length > 0 && { clicks }),
      ...(closer && { closer }),
      ...(previous && { previous: { bbox: previous.box, counts: encodeRuns(previous.runs) } }),
      ...(box && !previous && { box }),
    }));
  }

  private request(session: Session, message: (seq: number) => ClientMessage): void {
    this.seq += 1;
    session.lastSeq = this.seq;
    session.sentAt.set(this.seq, performance.now());
    this.send(message(this.seq));
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === 1) this.socket.send(frameOf(message));
  }

  private lose(code?: number): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    clearTimeout(this.silenceTimer);
    const wasGreeted = this.greeted;
    this.greeted = false;
    this.seq = 0;
    for (const session of this.sessions.values()) {
      Object.assign(session, { told: null, startSeq: 0, lastSeq: 0, answeredSeq: 0, coarse: false, repeats: 0 });
      session.sentAt.clear();
    }
    if (this.disposed) return;
    if (code === NO_LONGER_THERE) return this.listener.connection("ended");
    if (this.shutOut && !wasGreeted) return this.listener.connection(this.shutOut);
    if (code === NO_LONGER_ALLOWED || code === SIGNED_OUT) {
      // Perhaps only the session is another one (signed out and in again): knock once with what the browser has now.
      this.shutOut = code === SIGNED_OUT ? "signed_out" : "denied";
      return this.connect();
    }
    this.failures += 1;
    this.listener.connection("lost");
    if (code === TOO_MANY_SOCKETS) return this.park();
    this.reconnectTimer = setTimeout(() => this.connect(), spread(pauseAfter(this.failures, this.patience)));
  }

  /** Other tabs took this one's place: it takes one back when somebody looks at it, not by itself. */
  private park(): void {
    const wake = () => {
      if (document.visibilityState === "hidden") return;
      for (const name of WAKING) window.removeEventListener(name, wake, true);
      this.retryNow();
    };
    for (const name of WAKING) window.addEventListener(name, wake, true);
  }

  /** A socket can die without a close event (sleep, a changed network): ask, then give it up. */
  private watchSilence(socket: WebSocket): void {
    clearTimeout(this.silenceTimer);
    const alive = () => this.socket === socket;
    this.silenceTimer = setTimeout(() => {
      if (!alive()) return;
      if (this.greeted) this.send({ type: "ping", seq: ++this.seq });
      this.silenceTimer = setTimeout(() => alive() && this.lose(), this.patience.silence);
    }, this.patience.silence);
  }
}

function isTold({ told, wanted }: Session): boolean {
  return (
    told !== null &&
    told.previous === wanted.previous &&
    told.box === wanted.box &&
    told.clicks.length === wanted.clicks.length &&
    told.clicks.every((click, index) => sameClick(click, wanted.clicks[index]))
  );
}

function sameClick(one: WireClick | undefined, other: WireClick | undefined): boolean {
  return !!one && !!other && one[0] === other[0] && one[1] === other[1] && one[2] === other[2];
}
