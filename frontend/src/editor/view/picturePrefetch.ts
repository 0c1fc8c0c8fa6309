/** Decodes pictures before their image is opened: the browser's cache has the file, but not its pixels. */

import type { Blocks } from "../server/types";
import { Pyramid } from "./blocks/pyramid";
import type { Decode, Job, Levels } from "./decoding";

export interface Expected {
  readonly view: string;
  readonly width: number;
  readonly height: number;
  readonly blocks?: Blocks | null;
}

/** Pixels that are kept ready at most; 4 bytes each, and a third more for the copies. A larger picture is decoded when
 * it is opened. */
const MOST_PIXELS = 60_000_000;

const PATIENCE_MS = 3_000;

export class PicturePrefetch {
  private readonly ready = new Map<string, Promise<Levels>>();

  constructor(readonly decode: Decode) {}

  /** These are likely next, the likeliest first; what was expected before and is not any more is dropped. Of a picture
   * in blocks it is the coarsest level. */
  expect(pictures: readonly Expected[]): void {
    let pixels = 0;
    const wanted = new Map<string, Job>();
    for (const picture of pictures) {
      const { job, size } = openingOf(picture);
      pixels += size;
      if (pixels <= MOST_PIXELS && job.urls.length > 0) wanted.set(picture.view, job);
    }
    for (const view of this.ready.keys()) if (!wanted.has(view)) this.drop(view);
    for (const [view, job] of wanted) {
      if (this.ready.has(view)) continue;
      const levels = this.decode(job);
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

/** What is decoded to open a picture, and its pixels. */
function openingOf({ view, width, height, blocks }: Expected): { job: Job; size: number } {
  if (!blocks) return { job: { urls: [view], halve: true }, size: width * height };
  if (blocks.levels.length === 0) return { job: { urls: [], halve: false }, size: 0 }; // they are still being made
  const pyramid = new Pyramid({ width, height }, blocks);
  const urls = pyramid.base.map((block) => pyramid.url(block));
  return { job: { urls, halve: false }, size: urls.length * blocks.side ** 2 };
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
