/** Pictures that are decoded before their image is opened: the browser's cache has the file, but not its pixels. */

export interface Expected {
  readonly view: string;
  readonly width: number;
  readonly height: number;
}

/** A picture with its halved copies, the whole one first. */
export type Levels = readonly ImageBitmap[];

/** Pixels that are kept ready at most; 4 bytes each, and a third more for the copies. A larger picture is decoded when
 * it is opened. */
const MOST_PIXELS = 60_000_000;

const PATIENCE_MS = 3_000;

export class PicturesAhead {
  private readonly ready = new Map<string, Promise<Levels>>();

  constructor(private readonly decode: (view: string) => Promise<Levels>) {}

  /** These are likely next, the likeliest first; what was expected before and is not any more is dropped. */
  expect(pictures: readonly Expected[]): void {
    let pixels = 0;
    const wanted = new Set<string>();
    for (const { view, width, height } of pictures) {
      pixels += width * height;
      if (pixels <= MOST_PIXELS) wanted.add(view);
    }
    for (const view of this.ready.keys()) if (!wanted.has(view)) this.drop(view);
    for (const view of wanted) {
      if (this.ready.has(view)) continue;
      const levels = this.decode(view);
      this.ready.set(view, levels);
      levels.catch(() => this.ready.delete(view)); // it is tried again when it is opened
    }
  }

  /** The picture, which is the caller's now; null for one that was not expected, or is not there for a long while. */
  take(view: string): Promise<Levels | null> | null {
    const levels = this.ready.get(view);
    this.ready.delete(view);
    return levels ? inTime(levels, PATIENCE_MS) : null;
  }

  private drop(view: string): void {
    const levels = this.ready.get(view);
    this.ready.delete(view);
    if (levels) close(levels);
  }
}

function close(levels: Promise<Levels>): void {
  levels.then(
    (all) => all.forEach((one) => one.close()),
    () => {},
  );
}

/** Null after `patience`: decoding it once more is better than waiting for what may never come. */
async function inTime(levels: Promise<Levels>, patience: number): Promise<Levels | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), patience)));
  const first = await Promise.race([levels.catch(() => null), late]);
  clearTimeout(timer);
  if (!first) close(levels);
  return first;
}

/** Has a worker decode; it is started with the first picture. */
export function inWorker(start: () => Worker): (view: string) => Promise<Levels> {
  let worker: Worker | null = null;
  const waiting = new Map<string, { resolve: (levels: Levels) => void; reject: (error: Error) => void }>();
  const begin = () => {
    const started = start();
    started.onmessage = ({ data }: MessageEvent<{ url: string; levels?: Levels; error?: string }>) => {
      const one = waiting.get(data.url);
      waiting.delete(data.url);
      if (data.levels) one?.resolve(data.levels);
      else one?.reject(new Error(data.error));
    };
    started.onerror = () => {
      for (const { reject } of waiting.values()) reject(new Error("The worker can't decode."));
      waiting.clear();
    };
    return started;
  };
  return (view) =>
    new Promise((resolve, reject) => {
      worker ??= begin();
      const { href } = new URL(view, location.href); // a worker of a blob has no address that others are relative to
      waiting.set(href, { resolve, reject });
      worker.postMessage(href);
    });
}
