/** Points, sizes and boxes. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `[x, y, width, height]` in view pixels; `[0, 0, 0, 0]` for an empty mask. */
export type Box = readonly [x: number, y: number, width: number, height: number];
