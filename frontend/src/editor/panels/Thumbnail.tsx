/** An object cut out of the picture, with its outline; drawn when it comes in sight. */

import { useEffect, useRef } from "preact/hooks";
import type { Kept } from "../kept";
import { drawMask } from "../paint";
import type { Picture } from "../picture";
import { useEditorState } from "./context";

const SIDE = 36;
/** Of the object's longer side, around it. */
const AROUND = 0.12;

const drawers = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | null = null;

/** One observer for all thumbnails: hundreds of rows cost nothing until they are scrolled to. */
function whenSeen(element: Element, draw: () => void): () => void {
  observer ??= new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer!.unobserve(target);
      drawers.get(target)?.();
    }
  });
  drawers.set(element, draw);
  observer.observe(element);
  return () => observer!.unobserve(element);
}

export function Thumbnail({ kept, color }: { kept: Kept; color: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useEditorState((state) => state.picture);
  useEffect(() => {
    const element = canvas.current;
    return element && picture ? whenSeen(element, () => draw(element, picture, kept, color)) : undefined;
  }, [kept.patch, picture, color]);
  return <canvas ref={canvas} class="thumbnail" aria-hidden="true" style={{ borderColor: color }} />;
}

function draw(canvas: HTMLCanvasElement, picture: Picture, { patch }: Kept, color: string): void {
  const side = SIDE * Math.min(2, window.devicePixelRatio || 1);
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d")!;
  const [x, y, width, height] = patch.box;
  const wide = Math.max(8, Math.max(width, height) * (1 + 2 * AROUND));
  const [left, top] = [x + width / 2 - wide / 2, y + height / 2 - wide / 2];
  picture.drawPart(context, [left, top, wide, wide]);
  const scale = side / wide;
  const viewport = { scale, x: -left * scale, y: -top * scale };
  const screen = { width: side, height: side };
  drawMask({ context, viewport, screen, ratio: 1 }, patch, { color, fill: 0.25, line: 1.25, bright: false });
}
