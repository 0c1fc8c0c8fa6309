/** The image area: three canvases on top of each other – picture, kept objects, open object – drawn when they change. */

import type { Click } from "./object";
import { drawClick, drawMask, type MaskLook } from "./paint";
import type { Picture } from "./picture";
import type { Patch } from "./rle";
import { fit, keepInSight, resized, type Size, type Viewport } from "./viewport";

export interface MaskItem {
  readonly patch: Patch;
  readonly look: MaskLook;
}

export interface OpenItem extends MaskItem {
  readonly clicks: readonly Click[];
  /** How many of the clicks the mask answers. */
  readonly answered: number;
}

const LAYERS = ["picture", "kept", "open"] as const;
type Layer = (typeof LAYERS)[number];

export class Stage {
  viewport: Viewport;
  private screen: Size = { width: 1, height: 1 };
  private ratio = 1;
  private fitted = true;
  private picture: Picture | null = null;
  private kept: readonly MaskItem[] = [];
  private open: readonly OpenItem[] = [];
  private readonly canvases: Record<Layer, HTMLCanvasElement>;
  private readonly dirty = new Set<Layer>();
  private frame = 0;
  private readonly observer: ResizeObserver;

  /** `host` is filled and watched for its size; `moved` is called when the viewport is another. */
  constructor(
    private readonly host: HTMLElement,
    private readonly size: Size,
    private readonly moved: (viewport: Viewport) => void,
  ) {
    this.viewport = fit(size, this.screen);
    const made = LAYERS.map((layer) => {
      const canvas = document.createElement("canvas");
      canvas.className = "stage-layer";
      canvas.setAttribute("aria-hidden", "true");
      host.append(canvas);
      return [layer, canvas] as const;
    });
    this.canvases = Object.fromEntries(made) as Record<Layer, HTMLCanvasElement>;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.resize();
  }

  dispose(): void {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    for (const canvas of Object.values(this.canvases)) canvas.remove();
  }

  setPicture(picture: Picture): void {
    this.picture = picture;
    this.redraw("picture");
  }

  setKept(kept: readonly MaskItem[]): void {
    this.kept = kept;
    this.redraw("kept");
  }

  setOpen(open: readonly OpenItem[]): void {
    this.open = open;
    this.redraw("open");
  }

  /** Shows another part of the picture, never none of it. */
  move(viewport: Viewport): void {
    this.fitted = false;
    this.place(viewport);
  }

  fit(): void {
    this.fitted = true;
    this.place(fit(this.size, this.screen));
  }

  get center(): { x: number; y: number } {
    return { x: this.screen.width / 2, y: this.screen.height / 2 };
  }

  redraw(...layers: Layer[]): void {
    for (const layer of layers) this.dirty.add(layer);
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  private place(viewport: Viewport): void {
    this.viewport = keepInSight(viewport, this.size, this.screen);
    this.redraw(...LAYERS);
    this.moved(this.viewport);
  }

  private resize(): void {
    const before = this.screen;
    this.screen = { width: Math.max(1, this.host.clientWidth), height: Math.max(1, this.host.clientHeight) };
    this.ratio = window.devicePixelRatio || 1;
    for (const canvas of Object.values(this.canvases)) {
      canvas.width = Math.round(this.screen.width * this.ratio);
      canvas.height = Math.round(this.screen.height * this.ratio);
    }
    this.place(this.fitted ? fit(this.size, this.screen) : resized(this.viewport, before, this.screen));
  }

  private draw(): void {
    this.frame = 0;
    for (const layer of this.dirty) {
      const canvas = this.canvases[layer];
      const context = canvas.getContext("2d")!;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      if (layer === "picture") this.picture?.draw(context, this.viewport, this.screen, this.ratio);
      else if (layer === "kept") this.drawMasks(context, this.kept);
      else this.drawOpen(context);
    }
    this.dirty.clear();
  }

  private drawMasks(context: CanvasRenderingContext2D, items: readonly MaskItem[]): void {
    for (const { patch, look } of items) {
      if (this.inSight(patch)) drawMask(context, patch, look, this.viewport, this.ratio);
    }
  }

  private drawOpen(context: CanvasRenderingContext2D): void {
    this.drawMasks(context, this.open);
    for (const { clicks, answered } of this.open) {
      clicks.forEach((click, index) => drawClick(context, click, this.viewport, this.ratio, index < answered));
    }
  }

  private inSight({ box: [x, y, width, height] }: Patch): boolean {
    const { scale, x: dx, y: dy } = this.viewport;
    return (
      (x + width) * scale + dx >= 0 &&
      (y + height) * scale + dy >= 0 &&
      x * scale + dx <= this.screen.width &&
      y * scale + dy <= this.screen.height
    );
  }
}
