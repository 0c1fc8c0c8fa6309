/** Clicks: points of the view that belong to the object or not. */

import type { Point, Size } from "../lib/geometry";
import type { WireClick } from "../server/types";

export interface Click {
  readonly x: number;
  readonly y: number;
  readonly positive: boolean;
  /** The tile that the server answered it on, if it looked closer. */
  readonly tile?: string;
}

export function on({ x, y, positive, tile: before }: Click, tile: string | null | undefined = before): Click {
  return tile ? { x, y, positive, tile } : { x, y, positive };
}

/** A click as it is kept. */
export function wire({ x, y, positive }: Click): readonly [x: number, y: number, positive: boolean] {
  return [x, y, positive];
}

/** A click with the tile that it was answered on, so that the same mask can be made again. */
export function wireWithTile(click: Click): WireClick {
  return click.tile ? [click.x, click.y, click.positive, click.tile] : wire(click);
}

export function unwire([x, y, positive]: WireClick): Click {
  return { x, y, positive };
}

/** A click at a view point, to a quarter pixel: exact for the pixel, short on the wire. */
export function clickAt({ x, y }: Point, positive: boolean): Click {
  return { x: Math.floor(x * 4) / 4, y: Math.floor(y * 4) / 4, positive };
}

export function isInside({ x, y }: Point, { width, height }: Size): boolean {
  return x >= 0 && y >= 0 && x < width && y < height;
}
