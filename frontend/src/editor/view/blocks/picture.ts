/** A large picture: only the visible blocks are fetched and decoded. Until a block is there, a coarser one is drawn; the
 * coarsest level is always there. */

import type { Size, Box } from "../../lib/geometry";
import type { Blocks } from "../../server/types";
import type { Surface } from "../canvas";
import type { Decode, Levels } from "../decoding";
import { filtered, type Picture } from "../picture";
import { sightOf } from "../viewport";
import { CRISP_FROM, Pyramid, type Block, type Sight } from "./pyramid";
import { BlockStore } from "./store";

/** Levels finer than the right one are looked through for what is there: after zooming out. */
const FINER = 2;

/** Where a pixel of the view is on the canvas: `pixel × scale + shift`, in its own pixels. */
interface Placing {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly x: number;
  readonly y: number;
}

export class BlockPicture implements Picture {
  filter = "none";
  /** Whether all blocks in sight had come when it was drawn last. */
  detail: "full" | "loading" = "loading";
  private readonly store: BlockStore;

  private constructor(
    readonly size: Size,
    private readonly pyramid: Pyramid,
    private readonly blockBytes: number,
    base: Levels,
    decode: Decode,
    changed: () => void,
  ) {
    const first = new Map(pyramid.base.map((block, index) => [pyramid.url(block), base[index]!]));
    const load = async (url: string, signal: AbortSignal) => (await decode({ urls: [url], halve: false }, signal))[0]!;
    this.store = new BlockStore(first, load, changed);
  }

  /** Fetches the coarsest level, unless it is `prefetched`. Throws when it can't be loaded. */
  static async load(
    blocks: Blocks,
    size: Size,
    decode: Decode,
    changed: () => void,
    prefetched: Promise<Levels | null> | null = null,
  ): Promise<BlockPicture> {
    const pyramid = new Pyramid(size, blocks);
    const urls = pyramid.base.map((block) => pyramid.url(block));
    const ready = await prefetched?.catch(() => null);
    const base = ready?.length === urls.length ? ready : await decode({ urls, halve: false });
    return new BlockPicture(size, pyramid, 4 * blocks.side ** 2, base, decode, changed);
  }

  /** Of the decoded blocks. */
  get bytes(): number {
    return this.store.bytes;
  }

  dispose(): void {
    this.store.dispose();
  }

  draw({ context, viewport, screen, ratio }: Surface): void {
    const { scale, x, y } = viewport;
    const sight = sightOf(viewport, screen, this.size);
    if (sight[2] <= sight[0] || sight[3] <= sight[1]) return;
    const level = this.pyramid.levelFor(scale * ratio);
    const wanted = this.pyramid.wanted(level, sight).map((block) => this.pyramid.url(block));
    this.store.want(wanted, this.blockBytes);
    filtered(context, this.filter, () => {
      const place = { scaleX: scale * ratio, scaleY: scale * ratio, x: x * ratio, y: y * ratio };
      this.detail = this.compose(context, level, sight, place) ? "full" : "loading";
    });
  }

  drawPart(context: CanvasRenderingContext2D, part: Box): boolean {
    const [x, y] = part;
    const [scaleX, scaleY] = scalesOf(context, part);
    const place = { scaleX, scaleY, x: -x * scaleX, y: -y * scaleY };
    const sharp = this.compose(context, this.levelOf(context, part), sightOfBox(part), place);
    context.setTransform(1, 0, 0, 1, 0, 0);
    return sharp;
  }

  async bringPart(context: CanvasRenderingContext2D, part: Box): Promise<void> {
    const blocks = this.pyramid.within(this.levelOf(context, part), sightOfBox(part));
    await Promise.all(blocks.map((block) => this.store.bring(this.pyramid.url(block))));
  }

  private levelOf(context: CanvasRenderingContext2D, part: Box): number {
    return this.pyramid.levelFor(Math.max(...scalesOf(context, part)));
  }

  /** Draws what there is of a part of the view; whether that is all of the level. */
  private compose(context: CanvasRenderingContext2D, level: number, sight: Sight, place: Placing): boolean {
    const { pyramid, store } = this;
    const there = (block: Block) => store.get(pyramid.url(block)) !== null;
    const layers: Block[][] = [];
    let holes: readonly Sight[] = [sight];
    for (let index = level; index >= 0 && holes.length > 0; index--) {
      const over = pyramid
        .within(index, sight)
        .filter((block) => holes.some((hole) => meets(pyramid.box(block), hole)));
      layers.unshift(over.filter(there));
      holes = over.filter((block) => !there(block)).map((block) => sightOfBox(pyramid.box(block)));
      if (index === level && holes.length > 0) layers.unshift(...this.finerThan(level, holes, there));
    }
    for (const layer of layers) for (const block of layer) this.drawBlock(context, block, place);
    return layers.length <= 1;
  }

  private finerThan(level: number, holes: readonly Sight[], there: (block: Block) => boolean): Block[][] {
    const finest = Math.min(level + FINER, this.pyramid.levels.length - 1);
    const layers: Block[][] = [];
    for (let index = level + 1; index <= finest; index++) {
      layers.push(holes.flatMap((hole) => this.pyramid.within(index, hole)).filter(there));
    }
    return layers;
  }

  /** Its edges are on whole pixels of the canvas, the same for its neighbours: no seam, nothing doubled. */
  private drawBlock(context: CanvasRenderingContext2D, block: Block, place: Placing): void {
    const bitmap = this.store.get(this.pyramid.url(block));
    if (!bitmap) return;
    const [x, y, width, height] = this.pyramid.box(block);
    const factor = this.pyramid.factor(block);
    const [left, right] = [x, x + width].map((at) => Math.round(at * place.scaleX + place.x)) as [number, number];
    const [top, bottom] = [y, y + height].map((at) => Math.round(at * place.scaleY + place.y)) as [number, number];
    if (right <= left || bottom <= top) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = factor > 1 || place.scaleX < CRISP_FROM;
    context.imageSmoothingQuality = "medium";
    context.drawImage(bitmap, 0, 0, width / factor, height / factor, left, top, right - left, bottom - top);
  }
}

/** Canvas pixels a pixel of the view, for a part that fills the canvas. */
function scalesOf({ canvas }: CanvasRenderingContext2D, [, , width, height]: Box): [number, number] {
  return [canvas.width / width, canvas.height / height];
}

function sightOfBox([x, y, width, height]: Box): Sight {
  return [x, y, x + width, y + height];
}

function meets([x, y, width, height]: Box, [left, top, right, bottom]: Sight): boolean {
  return x < right && x + width > left && y < bottom && y + height > top;
}
