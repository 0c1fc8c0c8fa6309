/** The picture's pixels, with mipmaps. */

import type { Size, Box } from "../lib/geometry";
import { CRISP_FROM } from "./blocks/pyramid";
import type { Surface } from "./canvas";
import type { Levels } from "./decoding";
import { halved } from "./mipmaps";

/** An image's picture: whole, or in blocks when it is large. */
export interface Picture {
  readonly size: Size;
  /** How its pixels are shown: a canvas filter. */
  filter: string;
  /** Whether it is drawn as sharp as it can be. */
  readonly detail: "full" | "loading";
  /** Of its decoded pixels. */
  readonly bytes: number;
  /** Draws what the viewport shows of the picture. */
  draw(surface: Surface): void;
  /** Draws a part of the picture, `[x, y, width, height]`, into the whole of a small canvas; not filtered. False when
   * it is not as sharp as it can be: not before `bringPart`. */
  drawPart(context: CanvasRenderingContext2D, part: Box): boolean;
  bringPart(context: CanvasRenderingContext2D, part: Box): Promise<void>;
  /** The image is left: its pixels, hundreds of megabytes for some, are not waited for until they are collected. */
  dispose(): void;
}

export class WholePicture implements Picture {
  readonly detail = "full";
  filter = "none";
  private levels: Levels = [];
  private disposed = false;

  private constructor(readonly size: Size) {}

  /** Fetches and decodes the view, unless it is `prefetched`. Throws when it can't be loaded. */
  static async load(
    url: string,
    size: Size,
    levelAdded: () => void,
    prefetched: Promise<Levels | null> | null = null,
  ): Promise<Picture> {
    const picture = new WholePicture(size);
    const ready = await prefetched?.catch(() => null);
    picture.levels = ready ?? [await decoded(url)];
    if (!ready) void picture.halve(levelAdded);
    return picture;
  }

  get bytes(): number {
    return this.levels.reduce((sum, { width, height }) => sum + 4 * width * height, 0);
  }

  dispose(): void {
    this.disposed = true;
    for (const level of this.levels) level.close();
    this.levels = [];
  }

  draw({ context, viewport, screen, ratio }: Surface): void {
    const density = viewport.scale * ratio;
    const source = this.levels[this.levelFor(density)];
    if (!source) return;
    const { scale, x, y } = viewport;
    const left = Math.max(0, Math.floor(-x / scale));
    const top = Math.max(0, Math.floor(-y / scale));
    const right = Math.min(this.size.width, Math.ceil((screen.width - x) / scale));
    const bottom = Math.min(this.size.height, Math.ceil((screen.height - y) / scale));
    if (right <= left || bottom <= top) return;
    const [fx, fy] = [source.width / this.size.width, source.height / this.size.height];
    context.imageSmoothingEnabled = density < CRISP_FROM;
    context.imageSmoothingQuality = "medium";
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    filtered(context, this.filter, () => {
      context.drawImage(
        source,
        ...([left * fx, top * fy, (right - left) * fx, (bottom - top) * fy] as const),
        ...([left * scale + x, top * scale + y, (right - left) * scale, (bottom - top) * scale] as const),
      );
    });
  }

  drawPart(context: CanvasRenderingContext2D, [x, y, width, height]: Box): boolean {
    const { canvas } = context;
    const source = this.levels[this.levelFor(Math.max(canvas.width / width, canvas.height / height))];
    if (!source) return false;
    const [fx, fy] = [source.width / this.size.width, source.height / this.size.height];
    context.drawImage(source, x * fx, y * fy, width * fx, height * fy, 0, 0, canvas.width, canvas.height);
    return true;
  }

  bringPart(): Promise<void> {
    return Promise.resolve();
  }

  private levelFor(density: number): number {
    return Math.min(this.levels.length - 1, Math.max(0, Math.floor(Math.log2(1 / density))));
  }

  private async halve(levelAdded: () => void): Promise<void> {
    for (;;) {
      const last = this.levels.at(-1);
      const level = last && (await halved(last)?.catch(() => null));
      if (this.disposed || !level) return level?.close();
      this.levels = [...this.levels, level];
      levelAdded();
    }
  }
}

async function decoded(url: string): Promise<ImageBitmap> {
  const element = new Image();
  element.src = url;
  await element.decode();
  return createImageBitmap(element);
}

/** Draws through a filter. Safari's canvases know none: there the layer has it, and costs a little at every frame. */
export function filtered(context: CanvasRenderingContext2D, filter: string, draw: () => void): void {
  if ("filter" in context) context.filter = filter;
  else (context as CanvasRenderingContext2D).canvas.style.filter = filter === "none" ? "" : filter;
  draw();
  if ("filter" in context) context.filter = "none";
}
