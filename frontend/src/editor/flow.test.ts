/** From image to image: what is prefetched, the filmstrip and its filters, and the time that is counted. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ImageItem } from "../shared/types";
import { Filmstrip } from "./editing/filmstrip";
import { ImageNavigator } from "./editing/navigator";
import { NextImage } from "./editing/nextImage";
import type { Toasts } from "./editing/toasts";
import { WorkTimer } from "./editing/workTimer";
import type { Editor } from "./editor";
import type { ValueStorage } from "./lib/storage";
import { Store } from "./lib/store";
import type { Outbox } from "./saving/outbox";
import { Api, Refused, Unreachable } from "./server/api";
import { SocketPrefetch } from "./server/socketPrefetch";
import type { Boot } from "./server/types";
import { initialState } from "./state";
import { bootOf } from "./testing";
import { inWorker, type Job, type ToWorker } from "./view/decoding";
import { PicturePrefetch } from "./view/picturePrefetch";

describe("time on task", () => {
  it("counts what lies between movements, but no pauses, and tells its total", () => {
    const told: number[] = [];
    let now = 0;
    const workTimer = new WorkTimer(
      (seconds) => told.push(seconds),
      () => now,
    );
    const work = (seconds: number) => {
      for (let second = 0; second < seconds; second++, now += 1000) workTimer.touch();
      workTimer.touch();
    };
    work(15);
    workTimer.flush();
    workTimer.flush();
    expect(told).toEqual([15]);
    now += 600_000;
    work(30);
    workTimer.flush();
    expect(told).toEqual([15, 35, 45]);
  });
});

describe("prefetched pictures", () => {
  const bitmap = () => ({ close: vi.fn() }) as unknown as ImageBitmap;
  const expected = (view: string, width = 1000) => ({ view, width, height: 1000 });

  it("are handed over once, and closed when they are not expected any more", async () => {
    const bitmaps = new Map<string, ImageBitmap>();
    const decode = vi.fn(({ urls }: Job) => {
      const one = bitmap();
      bitmaps.set(urls[0]!, one);
      return Promise.resolve([one]);
    });
    const prefetch = new PicturePrefetch(decode);
    prefetch.expect([expected("a"), expected("b"), expected("huge", 70_000)]);
    expect(decode.mock.calls).toEqual(["a", "b"].map((url) => [{ urls: [url], halve: true }]));
    expect(await prefetch.take("a")).toEqual([bitmaps.get("a")]);
    expect(prefetch.take("a")).toBeNull();
    prefetch.expect([expected("c")]);
    await Promise.resolve();
    expect(bitmaps.get("b")!.close).toHaveBeenCalled();
    expect(bitmaps.get("a")!.close).not.toHaveBeenCalled();
  });

  it("are not waited for when the worker does not answer", async () => {
    vi.useFakeTimers();
    const prefetch = new PicturePrefetch(() => new Promise(() => {}));
    prefetch.expect([expected("a")]);
    const taken = prefetch.take("a");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await taken).toBeNull();
    vi.useRealTimers();
  });

  it("come from a worker by their full address", async () => {
    vi.stubGlobal("location", { href: "http://here/images/1/" });
    const worker = { onmessage: null as ((event: unknown) => void) | null, postMessage: vi.fn() };
    const decode = inWorker(() => worker as unknown as Worker);
    const whole = (url: string) => ({ urls: [url], halve: true });
    const [one, other] = [decode(whole("/view/1")), decode(whole("/view/2"))];
    const sent = worker.postMessage.mock.calls.map(([message]) => message as Job & { id: number });
    expect(sent.map(({ urls }) => urls[0])).toEqual(["http://here/view/1", "http://here/view/2"]);
    const levels = [bitmap()];
    worker.onmessage!({ data: { id: sent[1]!.id, levels } });
    worker.onmessage!({ data: { id: sent[0]!.id, error: "404" } });
    expect(await other).toBe(levels);
    await expect(one).rejects.toThrow("404");
    const controller = new AbortController();
    const third = decode(whole("/view/3"), controller.signal);
    controller.abort();
    await expect(third).rejects.toThrow("No longer needed");
    const late = bitmap();
    const { cancel } = worker.postMessage.mock.calls.at(-1)![0] as ToWorker & { cancel: number };
    worker.onmessage!({ data: { id: cancel, levels: [late] } });
    expect(late.close).toHaveBeenCalled();
    vi.unstubAllGlobals();
  });

  it("are tried again after an error", async () => {
    const decode = vi.fn().mockRejectedValueOnce(new Error("offline")).mockResolvedValue([bitmap()]);
    const prefetch = new PicturePrefetch(decode);
    prefetch.expect([expected("a")]);
    await vi.waitFor(() => expect(prefetch.take("a")).toBeNull());
    prefetch.expect([expected("a")]);
    expect(await prefetch.take("a")).toBeTruthy();
  });
});

describe("prefetched sockets", () => {
  class Socket extends EventTarget {
    readyState = 1;
    close(): void {
      this.readyState = 3;
    }
    say(data: string): void {
      this.dispatchEvent(new MessageEvent("message", { data }));
    }
  }

  it("are handed over with what was said on them", async () => {
    const made: Socket[] = [];
    const connect = vi.fn(() => {
      made.push(new Socket());
      return made.at(-1) as unknown as WebSocket;
    });
    const prefetch = new SocketPrefetch(connect);
    const use = (url: string) => {
      const heard: string[] = [];
      prefetch.open(url).addEventListener("message", ({ data }) => heard.push(data as string));
      return heard;
    };
    prefetch.expect(["a", "b"]);
    made[0]!.say("hello");
    const heard = use("a");
    await Promise.resolve();
    made[0]!.say("more");
    expect([heard, made.length]).toEqual([["hello", "more"], 2]);
    made[1]!.close(); // lost meanwhile
    use("b");
    expect(made).toHaveLength(3);
    prefetch.expect(["c"]);
    prefetch.expect(["d"]);
    expect(made.map(({ readyState }) => readyState)).toEqual([1, 3, 1, 3, 1]);
  });
});

const image = (id: number, status: ImageItem["status"] = "new"): ImageItem => ({
  id,
  name: `${id}.jpg`,
  width: 8,
  height: 6,
  reason: "",
  thumbnail: "",
  editor: `/images/${id}/`,
  state: "ready",
  status,
  objects: 0,
  skipped: "",
  note: "",
  overlay: "",
  version: 0,
  round: 0,
  tags: [],
  people: [],
  changed_at: null,
  lot: "",
  golden: false,
  draw: "",
  changed_by: null,
});

describe("the filmstrip", () => {
  const all = Array.from({ length: 100 }, (_, index) => image(index + 1, index % 10 === 0 ? "done" : "new"));
  const values = new Map<string, unknown>();
  const storage: ValueStorage = {
    read: <T>(key: string) => (values.get(key) as T) ?? null,
    write: (key, value) => void values.set(key, value),
    remove: () => {},
  };
  const images = vi.fn((query: Record<string, string | number>) => {
    const chosen = all.filter(({ status }) => query["filter"] === "all" || status === query["filter"]);
    const limit = Number(query["limit"]);
    if ("before" in query) {
      const found = chosen.filter(({ id }) => id < Number(query["before"]));
      return Promise.resolve({ results: found.slice(-limit), previous: found.length > limit ? 1 : null });
    }
    const found = chosen.filter(({ id }) => id > Number(query["after"]));
    return Promise.resolve({ results: found.slice(0, limit), next: found.length > limit ? 1 : null });
  });
  const make = () => new Filmstrip({ images } as unknown as Api, storage, 1);
  const ids = (filmstrip: Filmstrip) => filmstrip.store.get().items.map(({ id }) => id);

  beforeEach(() => {
    values.clear();
    images.mockClear();
  });

  it("asks for nothing before it is shown, then for what is around the open image, and more at its ends", async () => {
    const filmstrip = make();
    filmstrip.open(50);
    expect(images).not.toHaveBeenCalled();
    filmstrip.toggle();
    await vi.waitFor(() => expect(ids(filmstrip)).toHaveLength(60));
    expect([ids(filmstrip)[0], ids(filmstrip).at(-1)]).toEqual([20, 79]);
    await Promise.all([filmstrip.extend(1), filmstrip.extend(-1)]);
    expect([ids(filmstrip)[0], ids(filmstrip).at(-1)]).toEqual([1, 100]);
    expect(filmstrip.store.get()).toMatchObject({ before: false, after: false });
    filmstrip.open(51);
    expect(images).toHaveBeenCalledTimes(4);
    expect(make().store.get().shown).toBe(true);
  });

  it("leads along what fits a filter, also past an image that does not fit it any more", async () => {
    const filmstrip = make();
    filmstrip.open(15);
    filmstrip.choose({ which: "done", category: null });
    expect(filmstrip.filtered).toBe(true);
    expect([await filmstrip.step(15, 1), await filmstrip.step(15, -1)]).toEqual(["/images/21/", "/images/11/"]);
    filmstrip.update(21, { status: "in_progress" });
    expect([await filmstrip.step(21, 1), await filmstrip.step(91, 1)]).toEqual(["/images/31/", null]);
    expect(make().filtered).toBe(true);
  });
});

describe("the navigator", () => {
  const boot = (id: number): Boot =>
    ({
      image: { id, view: `view ${id}`, width: 9, height: 9 },
      project: { next: "/projects/1/next" },
      user: { keys: {} },
      previous: null,
      following: null,
      upcoming: [],
    }) as unknown as Boot;
  const asked = vi.fn((url: string) => Promise.resolve(boot(Number(url.split("/")[2]))));
  const next = vi.fn(() => Promise.resolve({ image: null as number | null }));
  const page = { load: vi.fn(), show: vi.fn(), address: vi.fn(), expect: vi.fn() };
  const editors: { boot: Boot; dispose: ReturnType<typeof vi.fn>; toasts: { say: ReturnType<typeof vi.fn> } }[] = [];
  const answered = vi.fn(() => Promise.resolve());
  const make = (boot: Boot) => {
    const likelyNext = () => Promise.resolve([`/images/${boot.image.id + 1}/`]);
    const toasts = { say: vi.fn() };
    const nextImage = { likely: likelyNext };
    const bench = { answered };
    const editor = { boot, begin: vi.fn(), dispose: vi.fn(), prefetch: vi.fn(), nextImage, bench, toasts };
    editors.push(editor);
    return editor as unknown as Editor;
  };
  let navigator: ImageNavigator<Editor>;

  beforeEach(() => {
    vi.clearAllMocks();
    vi.useFakeTimers();
    editors.length = 0;
    const api = () => ({ boot: asked, next }) as unknown as Api;
    navigator = new ImageNavigator<Editor>({ ...page, make, api });
    navigator.begin(boot(1));
    return () => vi.useRealTimers();
  });

  it("has the next image's data and picture before it is asked for", async () => {
    await vi.advanceTimersByTimeAsync(300);
    expect(page.expect).toHaveBeenCalledWith([boot(2)]);
    expect(asked).toHaveBeenCalledTimes(1);
    await navigator.go("/images/2/");
    expect(asked).toHaveBeenCalledTimes(1);
    expect([editors[0]!.dispose.mock.calls.length, editors.length]).toEqual([1, 2]);
    expect(page.address.mock.calls[0]![0]).toBe("/images/2/");
    expect(page.load).not.toHaveBeenCalled();
  });

  it("prefetches nothing while a click waits for its mask", async () => {
    let answer = () => {};
    answered.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).not.toHaveBeenCalled();
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(page.expect).toHaveBeenCalledWith([boot(2)]);
  });

  it("asks which image the project offers next, and leaves the page where there is none", async () => {
    next.mockResolvedValueOnce({ image: 7 });
    await navigator.go("/projects/1/next");
    expect(navigator.current!.boot.image.id).toBe(7);
    await navigator.go("/projects/1/next");
    expect(page.load).toHaveBeenCalledWith("/projects/1/next");
  });

  it("stays while the server can't be reached, and lets the page say what is refused", async () => {
    asked.mockRejectedValueOnce(new Unreachable("down"));
    await navigator.go("/images/9/");
    expect(editors[0]!.toasts.say.mock.calls[0]![0]).toContain("can't be reached");
    expect([editors.length, editors[0]!.dispose.mock.calls.length]).toEqual([1, 0]);
    asked.mockRejectedValueOnce(new Refused(403, "forbidden", ""));
    await navigator.go("/images/9/");
    expect(page.load).toHaveBeenCalledWith("/images/9/");
  });

  it("stays where it is when the other image was deleted, and asks anew who is around", async () => {
    asked.mockRejectedValueOnce(new Refused(404, "not_found", ""));
    await navigator.go("/images/9/", "stay");
    expect(asked.mock.calls.at(-1)).toEqual(["/images/1/"]);
    expect(editors[0]!.toasts.say.mock.calls[0]![0]).toContain("deleted");
    expect(page.address.mock.calls.at(-1)!.slice(0, 1)).toEqual(["/images/1/"]);
    expect([page.load.mock.calls.length, editors.length]).toEqual([0, 1]);
  });
});

describe("next and previous", () => {
  const at = (id: number, offered: number[]) =>
    bootOf(
      { width: 9, height: 9 },
      {
        previous: id > 1 ? `/images/${id - 1}/` : null,
        following: id < 5 ? `/images/${id + 1}/` : null,
        upcoming: offered.map((one) => ({ id: one, view: "", editor: `/images/${one}/` })),
      },
    );
  const nextImageAt = (id: number, offered: number[]) => {
    const went: string[] = [];
    const said: string[] = [];
    const filmstrip = { filtered: false, step: () => Promise.resolve(null) } as unknown as Filmstrip;
    const outbox = { settled: () => Promise.resolve(true) } as unknown as Outbox;
    const toasts = { say: (text: string) => said.push(text) } as unknown as Toasts;
    const store = new Store(initialState("ready", 1));
    const api = new Api(bootOf({ width: 1, height: 1 }).api);
    const around = { filmstrip, api, go: (url: string) => void went.push(url) };
    return { nextImage: new NextImage(at(id, offered), around, store, outbox, toasts), went, said };
  };

  it("go through the project's list in order, whatever waits to be labeled and wherever somebody came from", async () => {
    const { nextImage, went } = nextImageAt(3, [5, 1]);
    await nextImage.next();
    await nextImage.previous();
    expect(went).toEqual(["/images/4/", "/images/2/"]);
  });

  it("end at the ends of the list", async () => {
    const [first, last] = [nextImageAt(1, [3]), nextImageAt(5, [3])];
    await first.nextImage.previous();
    await last.nextImage.next();
    expect([first.went, last.went]).toEqual([[], []]);
    expect([...first.said, ...last.said]).toEqual(["This is the first image.", "This is the last image."]);
  });

  it("are another thing than what comes after finishing", async () => {
    const { nextImage, went } = nextImageAt(3, [5, 1]);
    await nextImage.onward();
    expect(went).toEqual(["/next"]);
    expect(await nextImage.likely()).toEqual(["/images/5/", "/images/4/", "/images/2/"]);
  });
});
