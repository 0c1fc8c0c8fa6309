/** An object cut out of the picture, with its outline; drawn when the browser has nothing better to do.
 *
 * An image, not a canvas: hundreds of canvases in the list would be hundreds of layers in every frame.
 */

import { useEffect, useState } from "preact/hooks";
import type { Patch } from "../mask/rle";
import { drawMask } from "../view/paint";
import type { Picture } from "../view/picture";
import { useEditorState } from "./context";

const SIDE = 36;
/** Of the object's longer side, around it. */
const AROUND = 0.12;
/** A thumbnail is drawn in less. */
const DRAWING_MS = 4;

interface Drawn {
  readonly picture: Picture;
  readonly color: string;
  readonly url: string;
  readonly sharp: boolean;
}

const drawn = new WeakMap<Patch, Drawn>();
const waiting = new Set<() => void>();
let canvas: HTMLCanvasElement | null = null;

type Deadline = Pick<IdleDeadline, "timeRemaining">;

/** Safari does not tell when it is idle. */
function whenIdle(work: (deadline: Deadline) => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(work);
  else setTimeout(() => work({ timeRemaining: () => 2 * DRAWING_MS }), 50);
}

function drawWaiting(deadline: Deadline): void {
  for (const draw of waiting) {
    if (deadline.timeRemaining() < DRAWING_MS) break;
    waiting.delete(draw);
    draw();
  }
  if (waiting.size > 0) whenIdle(drawWaiting);
}

/** Calls `draw` in an idle moment, unless the returned function is called before. */
function later(draw: () => void): () => void {
  waiting.add(draw);
  if (waiting.size === 1) whenIdle(drawWaiting);
  return () => waiting.delete(draw);
}

export function Thumbnail({ patch, color }: { patch: Patch; color: string }) {
  const picture = useEditorState((state) => state.picture);
  const [url, setUrl] = useState(() => drawn.get(patch)?.url ?? "");
  useEffect(() => {
    const known = drawn.get(patch);
    if (!picture || (known?.picture === picture && known.color === color && known.sharp)) {
      setUrl(known?.url ?? "");
      return undefined;
    }
    let left = false;
    const show = (again: boolean) => () => {
      const { url, sharper } = draw(picture, patch, color);
      drawn.set(patch, { picture, color, url, sharp: !sharper });
      setUrl(url);
      if (sharper && !again) void sharper().then(() => left || (stop = later(show(true))));
    };
    let stop = later(show(false));
    return () => {
      left = true;
      stop();
    };
  }, [patch, picture, color]);
  return <img class="thumbnail" alt="" draggable={false} style={{ borderColor: color }} {...(url && { src: url })} />;
}

/** The object as an image; with how to get what a sharper one needs, if that is not there. */
function draw(picture: Picture, patch: Patch, color: string): { url: string; sharper: (() => Promise<void>) | null } {
  canvas ??= document.createElement("canvas");
  const side = SIDE * Math.min(2, window.devicePixelRatio || 1);
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const [x, y, width, height] = patch.box;
  const wide = Math.max(8, Math.max(width, height) * (1 + 2 * AROUND));
  const [left, top] = [x + width / 2 - wide / 2, y + height / 2 - wide / 2];
  const part = [left, top, wide, wide] as const;
  const sharp = picture.drawPart(context, part);
  const sharper = () => {
    canvas!.width = canvas!.height = side; // it is shared
    return picture.bringPart(context, part);
  };
  const scale = side / wide;
  const viewport = { scale, x: -left * scale, y: -top * scale };
  const screen = { width: side, height: side };
  drawMask({ context, viewport, screen, ratio: 1 }, patch, { color, fill: 0.25, line: 1.25, bright: false });
  return { url: canvas.toDataURL(), sharper: sharp ? null : sharper };
}
