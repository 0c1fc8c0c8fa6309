/** A heat map of the response to a text: the stronger the response, the redder and the more opaque. */

import type { HeatData } from "../server/types";

export interface HeatMap {
  readonly width: number;
  readonly height: number;
  /** Pixels of the view that a cell is wide and high. */
  readonly cell: readonly [number, number];
  readonly picture: CanvasImageSource;
}

/** From amber to red; below `NOTHING` nothing is shown, as every place responds a little. */
const NOTHING = 0.12;
const MOST_OPAQUE = 0.72;
const [AMBER, RED] = [
  [255, 196, 60],
  [226, 38, 30],
] as const;

/** RGBA of grey values (RGBA, too, as a canvas gives them). */
export function heatColors(grey: Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
  const colors = new Uint8ClampedArray(grey.length);
  for (let at = 0; at < grey.length; at += 4) {
    const heat = Math.max(0, (grey[at]! / 255 - NOTHING) / (1 - NOTHING));
    for (let channel = 0; channel < 3; channel++) {
      colors[at + channel] = AMBER[channel]! + (RED[channel]! - AMBER[channel]!) * heat;
    }
    colors[at + 3] = 255 * MOST_OPAQUE * Math.sqrt(heat);
  }
  return colors;
}

/** Throws when the browser can't read the picture. */
export async function heatMapOf({ width, height, cell, png }: HeatData): Promise<HeatMap> {
  const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
  const grey = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(grey, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  context.putImageData(new ImageData(heatColors(data), width, height), 0, 0);
  return { width, height, cell, picture: canvas };
}
