/** Loads an image's picture: whole, or in blocks if it is large. */

import { request } from "../../shared/http";
import type { Blocks, Boot } from "../server/types";
import { BlockPicture } from "./blocks/picture";
import { seenThrough } from "./blocks/pyramid";
import type { Decode } from "./decoding";
import { WholePicture, type Picture } from "./picture";
import type { PicturePrefetch } from "./picturePrefetch";

/** A browser shows a picture of so many pixels whole, too. */
const MOST_WHOLE = 60_000_000;
const ASK_EVERY_MS = 2_000;

export interface PictureSource {
  readonly image: Boot["image"];
  /** Pictures that are decoded already, and who decodes them; null: they are decoded here. */
  readonly pictures: PicturePrefetch | null;
  /** How far the blocks are made, 0 to 1; null when they are there. */
  readonly made: (done: number | null) => void;
}

/** The view, or another window of the original, which `url` leads to; `wanted`: whether it still is. Throws when it
 * can't be loaded. */
export async function loadPicture(
  { image, pictures, made }: PictureSource,
  url: string,
  changed: () => void,
  wanted: () => boolean,
): Promise<Picture> {
  const isView = url === image.view;
  const prefetched = isView ? (pictures?.take(url) ?? null) : null;
  if (!image.blocks) return WholePicture.load(url, image, changed, prefetched);
  const decode = pictures?.decode ?? decodeHere;
  if (!isView) {
    const blocks = await whenMade(image.blocks, wanted, () => {});
    return BlockPicture.load(seenThrough(blocks, url), image, decode, changed);
  }
  if (image.blocks.levels.length > 0) return BlockPicture.load(image.blocks, image, decode, changed, prefetched);
  if (image.width * image.height <= MOST_WHOLE) return WholePicture.load(url, image, changed);
  try {
    const blocks = await whenMade(image.blocks, wanted, made);
    return await BlockPicture.load(blocks, image, decode, changed);
  } finally {
    made(null);
  }
}

/** Asks until the blocks are made. Throws when they can't be. */
async function whenMade(blocks: Blocks, wanted: () => boolean, tell: (done: number) => void): Promise<Blocks> {
  let now = blocks;
  while (now.levels.length === 0) {
    if (now.failed) throw new Error("The picture can't be prepared.");
    tell(now.done ?? 0);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    if (!wanted()) throw new Error("Another picture was requested.");
    now = await request("GET", blocks.status).then(
      ({ ok, body }) => (ok && body ? (body as Blocks) : { ...now, failed: true }),
      () => now, // the server is away: later
    );
  }
  return now;
}

/** Without a worker. */
const decodeHere: Decode = ({ urls }, signal) =>
  Promise.all(
    urls.map(async (url) => {
      const answer = await fetch(url, { credentials: "same-origin", signal: signal ?? null });
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      return createImageBitmap(await answer.blob());
    }),
  );
