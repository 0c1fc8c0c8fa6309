/** The blocks of a large picture, and which of them a view needs. Pure. */

import type { Point, Size, Box } from "../../lib/geometry";
import type { Blocks } from "../../server/types";

/** From this many screen pixels a picture pixel on, the pixels are shown as squares. */
export const CRISP_FROM = 2;

/** Left, top, right, bottom in pixels of the view. */
export type Sight = readonly [left: number, top: number, right: number, bottom: number];

/** `level` is an index: 0 is the coarsest. */
export interface Block {
  readonly level: number;
  readonly row: number;
  readonly column: number;
}

/** The same blocks through another window of the original's values: the one in the query of `url`. */
export function seenThrough(blocks: Blocks, url: string): Blocks {
  const levels = blocks.levels.filter(({ name, factor }) => name === String(factor)); // a window is only to look at
  return { ...blocks, levels, url: `${blocks.url}&${url.split("?")[1]}` };
}

export class Pyramid {
  /** The coarsest first. */
  readonly levels: Blocks["levels"];

  constructor(
    readonly size: Size,
    private readonly blocks: Blocks,
  ) {
    this.levels = blocks.levels.toReversed();
  }

  /** The coarsest level that has a pixel for each device pixel; `density` is device pixels a pixel of the view. */
  levelFor(density: number): number {
    const fine = this.levels.findIndex(({ factor }) => factor * density <= 1);
    if (fine >= 0) return fine;
    const finest = this.levels.length - 1;
    const lossless = this.levels[finest - 1]?.factor === 1; // two at full size: the last one lost nothing
    return density < CRISP_FROM && lossless ? finest - 1 : finest;
  }

  /** All blocks of the coarsest level. */
  get base(): Block[] {
    return this.within(0, [0, 0, this.size.width, this.size.height]);
  }

  /** The blocks of a level that have a part in `sight`. */
  within(level: number, [left, top, right, bottom]: Sight): Block[] {
    const step = this.step(level);
    const found: Block[] = [];
    const [lastRow, lastColumn] = [Math.ceil(this.size.height / step) - 1, Math.ceil(this.size.width / step) - 1];
    for (let row = Math.max(0, Math.floor(top / step)); row <= Math.min(lastRow, Math.ceil(bottom / step) - 1); row++) {
      const end = Math.min(lastColumn, Math.ceil(right / step) - 1);
      for (let column = Math.max(0, Math.floor(left / step)); column <= end; column++)
        found.push({ level, row, column });
    }
    return found;
  }

  /** What a view of `sight` needs: its blocks, then those a little beside it; the nearest to the middle first. */
  wanted(level: number, sight: Sight): Block[] {
    const beside = this.step(level) / 4;
    const [left, top, right, bottom] = sight;
    const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
    const nearest = (blocks: Block[]) => {
      const away = (block: Block) => distance(this.box(block), middle);
      return blocks.sort((one, other) => away(one) - away(other));
    };
    const seen = nearest(this.within(level, sight));
    const known = new Set(seen.map((block) => this.url(block)));
    const around = this.within(level, [left - beside, top - beside, right + beside, bottom + beside]);
    return [...seen, ...nearest(around.filter((block) => !known.has(this.url(block))))];
  }

  /** The block's part of the view. */
  box({ level, row, column }: Block): Box {
    const step = this.step(level);
    const [x, y] = [column * step, row * step];
    return [x, y, Math.min(step, this.size.width - x), Math.min(step, this.size.height - y)];
  }

  factor({ level }: Block): number {
    return this.levels[level]!.factor;
  }

  url({ level, row, column }: Block): string {
    return this.blocks.url
      .replace("{level}", this.levels[level]!.name)
      .replace("{row}", String(row))
      .replace("{column}", String(column));
  }

  /** Pixels of the view from block to block. */
  private step(level: number): number {
    return this.blocks.side * this.levels[level]!.factor;
  }
}

function distance([x, y, width, height]: Box, to: Point): number {
  return Math.hypot(x + width / 2 - to.x, y + height / 2 - to.y);
}
