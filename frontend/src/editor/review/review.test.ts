/** A reviewer's turn and verdict against a service that answers as the server does. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../lib/store";
import type { Outbox } from "../saving/outbox";
import { Refused } from "../server/api";
import type { CommentData, ReviewData, ThreadData } from "../server/types";
import { initialState, type State } from "../state";
import { bootOf, storageOn } from "../testing";
import { Review, whyNot, type ReviewContext } from "./review";

const DATA: ReviewData = {
  enabled: true,
  may_correct: true,
  status: "done",
  round: 0,
  mine: false,
  correcting: false,
  holder: null,
  own_work: false,
  waits: true,
  waiting: 3,
  on_the_way: 40,
  verdicts: [],
  threads: [],
};
const REVIEWER = { can_label: false, can_review: true, can_manage: false };

const method = (what: string) => what.split(" ")[0];

function commentOf(author: number, text = "Edge is off"): CommentData {
  const person = { id: author, username: `p${author}`, name: `P ${author}`, hue: 0, initials: "P" };
  return { id: 1, author: person, text, at: "2026-11-30T10:33:00Z", changed: false, draft: false };
}

function threadOf(id: number, more: Partial<ThreadData> = {}): ThreadData {
  const place = { x: null, y: null, object: null };
  return { id, number: id, ...place, state: "open", round: 0, draft: false, comments: [commentOf(2)], ...more };
}

class Service {
  data: ReviewData = DATA;
  readonly asked: string[] = [];
  readonly sent: Record<string, unknown>[] = [];
  next: number | null = 7;
  refusal: Error | null = null;

  call = <T>(method: string, url: string, body?: object): Promise<T> => {
    const what = `${method} ${url.replace("/api/images/1/", "").replace("/api/projects/1/", "")}`;
    this.asked.push(what);
    if (body) this.sent.push(body as Record<string, unknown>);
    if (this.refusal && method === "POST") return Promise.reject(this.refusal);
    return Promise.resolve(this.answer(what, body) as T);
  };

  private answer(what: string, body?: object): unknown {
    if (what === "POST review") {
      this.data = { ...this.data, mine: true, correcting: (body as { correct: boolean }).correct };
    } else if (what === "DELETE review") this.data = { ...this.data, mine: false, correcting: false };
    else if (what === "POST verdict") {
      const { verdict } = body as { verdict: string };
      this.data = {
        ...this.data,
        mine: false,
        waits: false,
        status: verdict === "accepted" ? "accepted" : "sent_back",
      };
      return { version: 5, status: this.data.status, round: 0 };
    } else if (method(what) === "PATCH") {
      const id = Number(what.split("/").at(-1));
      const { state } = body as { state: ThreadData["state"] };
      this.data = { ...this.data, threads: this.data.threads.map((one) => (one.id === id ? { ...one, state } : one)) };
    } else if (what === "POST threads") {
      const { text } = body as { text: string };
      return threadOf(9, { draft: true, comments: [commentOf(1, text)] });
    } else if (what === "POST review/next") return { image: this.next, waiting: 0, on_the_way: 40 };
    return this.data;
  }
}

describe("a review", () => {
  let service: Service;
  let store: Store<State>;
  let said: string[];
  let visited: string[];
  let saved: boolean;
  let now: number;
  const retried = vi.fn();

  const reviewOf = (user: Partial<typeof REVIEWER> = {}) => {
    const boot = bootOf({ width: 10, height: 10 });
    Object.assign(boot.user, REVIEWER, user);
    const outbox = {
      set: { version: 4 },
      unsaved: [],
      settled: () => Promise.resolve(saved),
      refresh: () => Promise.resolve(),
      retryRefused: retried,
      add: vi.fn(),
    } as unknown as Outbox;
    const context = {
      boot,
      store,
      outbox,
      toasts: { say: (text: string) => void said.push(text) },
      nextImage: { visit: (url: string) => Promise.resolve(visited.push(url) > 0) },
      bench: { open: null },
      tools: { at: null, rest: () => {} },
      storage: storageOn(),
      selection: { keptAt: () => undefined },
    } as unknown as ReviewContext;
    return new Review(context, service, () => now);
  };

  beforeEach(() => {
    service = new Service();
    store = new Store(initialState("ready", null));
    [said, visited, saved, now] = [[], [], true, 1_000_000];
    retried.mockClear();
  });

  it("takes the turn at what waits, renews it while somebody works, and gives it back", async () => {
    const review = reviewOf();
    await review.load();
    expect(store.get().judging).toBe("review");
    now += 60_000;
    review.touch();
    expect(service.asked).toEqual(["GET review", "POST review"]);
    now += 120_000;
    review.touch();
    expect(service.asked.at(-1)).toBe("POST review");
    review.dispose();
    expect(service.asked.at(-1)).toBe("DELETE review");
  });

  it("says nothing of who may judge before the turn is taken", async () => {
    const review = reviewOf();
    const shown: [loaded: boolean, pending: boolean, judging: State["judging"]][] = [];
    review.store.watch(({ data, pending }) => shown.push([data !== null, pending, store.get().judging]));
    expect(review.store.get().pending).toBe(true);
    await review.load();
    expect(shown.filter(([, pending, judging]) => !pending && judging === null)).toEqual([]);
    expect(shown.at(-1)).toEqual([true, false, "review"]);
  });

  it("is not pending for ever without an answer", async () => {
    const review = reviewOf();
    service.call = () => Promise.reject(new Error("offline"));
    await review.load();
    expect(review.store.get()).toMatchObject({ data: null, pending: false });
  });

  it.each([
    ["own work", { own_work: true }],
    ["another's turn", { holder: "Dora" }],
    ["what isn't finished", { status: "in_progress", waits: false }],
    ["what wasn't drawn", { waits: false }],
  ] as const)("takes no turn at %s", async (_, change) => {
    service.data = { ...DATA, ...change };
    await reviewOf().load();
    expect(service.asked).toEqual(["GET review"]);
    expect(store.get().judging).toBeNull();
  });

  it("does not fight another tab for the turn", async () => {
    const review = reviewOf();
    await review.load();
    service.data = { ...service.data, mine: false };
    service.asked.length = 0;
    await review.load();
    expect(service.asked).toEqual(["GET review"]);
    expect(store.get().judging).toBeNull();
    await review.takeTurn();
    expect(store.get().judging).toBe("review");
  });

  it("accepts the version that was looked at, and goes on to the next image", async () => {
    const review = reviewOf();
    await review.load();
    await review.accept();
    expect(service.sent).toContainEqual({ version: 4, verdict: "accepted", summary: "", override: "" });
    expect(visited).toEqual(["/images/7/"]);
  });

  it("takes another turn at what is finished again, told by its new status", async () => {
    service.next = null;
    const review = reviewOf();
    await review.load();
    await review.judge({ verdict: "sent_back", summary: "no" });
    expect(store.get().judging).toBeNull();
    service.data = { ...service.data, status: "done", waits: true };
    review.heard("sent_back");
    expect(store.get().judging).toBeNull();
    review.heard("done");
    await vi.waitFor(() => expect(store.get().judging).toBe("review"));
    expect(review.store.get().nothingWaits).toBe(false);
  });

  it("says when nothing else waits", async () => {
    service.next = null;
    const review = reviewOf();
    await review.load();
    await review.accept();
    expect(visited).toEqual([]);
    expect(review.store.get().nothingWaits).toBe(true);
    expect(store.get().closed).toBe("accepted");
  });

  it("gives no verdict while something isn't saved", async () => {
    saved = false;
    const review = reviewOf();
    await review.load();
    await review.accept();
    expect(service.asked).not.toContain("POST verdict");
    expect(said.at(-1)).toContain("aren't saved");
  });

  it("keeps the image where the labels changed meanwhile", async () => {
    const review = reviewOf();
    await review.load();
    service.refusal = new Refused(409, "conflict", "changed", { version: 6, status: "done", annotations: [] });
    await review.accept();
    expect(visited).toEqual([]);
    expect(said.at(-1)).toContain("changed while you looked");
    expect(review.store.get().busy).toBe(false);
  });

  it("asks managers for a reason before they accept their own work", async () => {
    service.data = { ...DATA, own_work: true };
    const review = reviewOf({ can_label: true, can_manage: true });
    await review.load();
    await review.accept();
    expect(store.get().dialog).toBe("override");
    expect(service.asked).not.toContain("POST verdict");
    await review.judge({ verdict: "accepted", override: "alone here" });
    expect(service.sent).toContainEqual(expect.objectContaining({ override: "alone here" }));
    expect(store.get().dialog).toBeNull();
  });

  it("lets labels be corrected only where the project allows it", async () => {
    const review = reviewOf();
    await review.load();
    await review.toggleCorrect();
    expect(store.get().judging).toBe("correct");
    await review.toggleCorrect();
    expect(store.get().judging).toBe("review");
    service.data = { ...service.data, may_correct: false };
    await review.load();
    await review.toggleCorrect();
    expect(store.get().judging).toBe("review");
    expect(said.at(-1)).toContain("only annotators");
  });

  it.each([
    ["a viewer", { can_label: false, can_review: false }, false],
    ["a reviewer", { can_label: false, can_review: true }, true],
    ["an annotator", { can_label: true, can_review: false }, true],
  ] as const)("lets %s comment as the server does", async (_, user, may) => {
    const { comments, store: shown } = reviewOf(user);
    expect(comments.mayWrite).toBe(may);
    comments.begin(null);
    expect(shown.get().newPin !== null).toBe(may);
    expect(said.some((text) => text.includes("not write"))).toBe(!may);
    await Promise.resolve();
  });

  it("asks about open comments before it accepts, and once", async () => {
    service.data = { ...DATA, threads: [threadOf(3), threadOf(4, { state: "resolved" })] };
    const review = reviewOf();
    await review.load();
    await review.accept();
    expect(store.get().dialog).toBe("openComments");
    expect(service.asked).not.toContain("POST verdict");
    expect(await review.answer(false)).toBe(true);
    expect(store.get().dialog).toBeNull();
    await review.accept();
    expect(service.asked).toContain("POST verdict");
    expect(service.asked.filter((one) => one.startsWith("PATCH"))).toEqual([]);
  });

  it("resolves open comments, then accepts", async () => {
    service.data = { ...DATA, threads: [threadOf(3), threadOf(4)] };
    const review = reviewOf();
    await review.load();
    await review.accept();
    expect(await review.answer(true)).toBe(true);
    expect(service.data.threads.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
    await review.accept();
    expect(service.asked).toContain("POST verdict");
  });

  it("asks who finishes about the comments of others only, and marks them as fixed", async () => {
    const own = threadOf(5, { comments: [commentOf(1)] });
    service.data = { ...DATA, status: "sent_back", waits: false, threads: [own] };
    const review = reviewOf({ can_label: true, can_review: false });
    await review.load();
    expect(review.asksAboutComments("finish")).toBe(false);
    service.data = { ...service.data, threads: [own, threadOf(3)] };
    await review.load();
    expect(review.asksAboutComments("finish")).toBe(true);
    await review.answer(true);
    expect(service.data.threads.map(({ state }) => state)).toEqual(["open", "fixed"]);
    expect(review.asksAboutComments("finish")).toBe(false);
  });

  it("sets a pin with the next press, and shows a comment as soon as the server has it", async () => {
    const review = reviewOf();
    await review.load();
    review.comments.togglePinning();
    expect(review.store.get().pinning).toBe(false);
    review.comments.begin(null);
    review.comments.togglePinning();
    expect(review.store.get().pinning).toBe(true);
    review.comments.begin({ x: 3, y: 4 });
    expect(review.store.get()).toMatchObject({ pinning: false, newPin: { at: { x: 3, y: 4 } } });
    let seen = false;
    const stop = review.store.watch(({ data, newPin }) => {
      if (newPin === null) seen ||= data?.threads.some(({ draft }) => draft) ?? false;
    });
    await review.comments.write("Edge is off");
    stop();
    expect(service.sent).toContainEqual({ text: "Edge is off", x: 3, y: 4, object: null });
    expect(seen).toBe(true);
  });

  it("sends refused changes again once the image is open, not before", async () => {
    service.data = { ...DATA, holder: "Dora" };
    const review = reviewOf({ can_label: true, can_review: false });
    await review.load();
    expect(store.get().closed).toBe("in_review");
    expect(retried).not.toHaveBeenCalled();
    service.data = { ...DATA, status: "sent_back", waits: false };
    await review.load();
    expect(store.get().closed).toBeNull();
    const which = retried.mock.calls[0]![0] as (one: { code: string }) => boolean;
    expect(["closed", "in_review", "bad_category"].map((code) => which({ code }))).toEqual([true, true, false]);
  });
});

describe("why somebody can't judge", () => {
  const why = (change: Partial<ReviewData>, mine = true, what: "accept" | "send back" = "accept", user = REVIEWER) =>
    whyNot({ user: { ...bootOf({ width: 1, height: 1 }).user, ...user } }, { ...DATA, ...change }, mine, what);

  it("is said, with what to do", () => {
    expect(why({})).toBe("");
    expect(why({}, true, "accept", { ...REVIEWER, can_review: false })).toContain("Only reviewers");
    expect(why({ holder: "Dora" })).toContain("Dora is reviewing");
    expect(why({ status: "in_progress" })).toContain("isn't finished");
    expect(why({ status: "sent_back" })).toContain("once it is fixed");
    expect(why({ own_work: true })).toContain("somebody else");
    expect(why({}, false)).toContain("Press Review");
  });

  it("is no reason to keep an accepted image from being sent back", () => {
    expect(why({ status: "accepted" }, false)).toContain("accepted already");
    expect(why({ status: "accepted" }, false, "send back")).toBe("");
  });
});
