/** The picture's position on the screen: `screen = picture × scale + (x, y)`, in CSS pixels of the canvas. */

import type { Size, Point, Box } from "../lib/geometry";

export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const SMALLEST_SCALE = 0.02;
export const LARGEST_SCALE = 64;
/** At least this much of the picture stays in sight, in CSS pixels. */
const IN_SIGHT = 64;

export function toPicture(viewport: Viewport, screen: Point): Point {
  return { x: (screen.x - viewport.x) / viewport.scale, y: (screen.y - viewport.y) / viewport.scale };
}

export function toScreen(viewport: Viewport, picture: Point): Point {
  return { x: picture.x * viewport.scale + viewport.x, y: picture.y * viewport.scale + viewport.y };
}

/** Around the fitted picture, in CSS pixels; below it is room for the bar of the open object. */
const MARGIN = 16;
const BELOW = 64;

/** The whole picture, centred above the bar; small pictures grow to at most 8 screen pixels a pixel. */
export function fit(picture: Size, screen: Size): Viewport {
  const room = {
    width: Math.max(1, screen.width - 2 * MARGIN),
    height: Math.max(1, screen.height - MARGIN - BELOW),
  };
  const scale = clampScale(Math.min(room.width / picture.width, room.height / picture.height, 8));
  return {
    scale,
    x: MARGIN + (room.width - picture.width * scale) / 2,
    y: MARGIN + (room.height - picture.height * scale) / 2,
  };
}

/** A box of the picture in the middle, with some of what is around it. */
export function fitBox([x, y, width, height]: Box, screen: Size): Viewport {
  const room = { width: screen.width - 2 * MARGIN, height: screen.height - MARGIN - BELOW };
  const scale = clampScale(
    Math.min((room.width * 0.7) / Math.max(1, width), (room.height * 0.7) / Math.max(1, height)),
  );
  return {
    scale,
    x: screen.width / 2 - (x + width / 2) * scale,
    y: MARGIN + room.height / 2 - (y + height / 2) * scale,
  };
}

/** The same scale, with this point of the picture in the middle. */
export function centred({ scale }: Viewport, { x, y }: Point, screen: Size): Viewport {
  return { scale, x: screen.width / 2 - x * scale, y: screen.height / 2 - y * scale };
}

/** The part of the picture that is on the screen, in picture pixels: left, top, right, bottom. */
export function sightOf(
  { scale, x, y }: Viewport,
  screen: Size,
  picture: Size,
): readonly [number, number, number, number] {
  const hold = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return [
    hold(-x / scale, picture.width),
    hold(-y / scale, picture.height),
    hold((screen.width - x) / scale, picture.width),
    hold((screen.height - y) / scale, picture.height),
  ];
}

/** One picture pixel a CSS pixel, the point under `screen` staying where it is. */
export function actualSize(viewport: Viewport, screen: Point): Viewport {
  return zoomAt(viewport, screen, 1 / viewport.scale);
}

/** Zooms by `factor`; the picture point under `screen` stays under it. */
export function zoomAt(viewport: Viewport, screen: Point, factor: number): Viewport {
  const scale = clampScale(viewport.scale * factor);
  const under = toPicture(viewport, screen);
  return { scale, x: screen.x - under.x * scale, y: screen.y - under.y * scale };
}

export function pan(viewport: Viewport, dx: number, dy: number): Viewport {
  return { scale: viewport.scale, x: viewport.x + dx, y: viewport.y + dy };
}

/** Moved back so far that the picture can't be lost outside the screen. */
export function keepInSight(viewport: Viewport, picture: Size, screen: Size): Viewport {
  const hold = (offset: number, length: number, room: number): number => {
    const shown = Math.min(IN_SIGHT, length, room);
    return Math.min(Math.max(offset, shown - length), room - shown);
  };
  return {
    scale: viewport.scale,
    x: hold(viewport.x, picture.width * viewport.scale, screen.width),
    y: hold(viewport.y, picture.height * viewport.scale, screen.height),
  };
}

/** The same picture point in the middle after the canvas changed its size. */
export function resized(viewport: Viewport, before: Size, after: Size): Viewport {
  return pan(viewport, (after.width - before.width) / 2, (after.height - before.height) / 2);
}

function clampScale(scale: number): number {
  return Math.min(LARGEST_SCALE, Math.max(SMALLEST_SCALE, scale));
}
