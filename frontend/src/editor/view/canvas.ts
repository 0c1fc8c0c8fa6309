/** The image area: one canvas per layer, each painted again only when its content changed. */

import type { Size, Box } from "../lib/geometry";
import { fit, keepInSight, pan, resized, type Viewport } from "./viewport";

/** From the back to the front. A layer has a canvas as soon as it has something to show. */
const LAYERS = ["picture", "kept", "suggestions", "open", "tool"] as const;
export type Layer = (typeof LAYERS)[number];

/** Layers that may hold hundreds of masks. When a frame with them took longer than `SLOW_MS` they follow a moving view as
 * they were painted, stretched and shifted, and are painted again when it rests. */
const HEAVY: readonly Layer[] = ["kept", "suggestions"];
const SLOW_MS = 16;
const REST_MS = 120;

/** What there is to paint on. `ratio` is device pixels per CSS pixel. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly viewport: Viewport;
  readonly screen: Size;
  readonly ratio: number;
}

export type Painter = (surface: Surface) => void;

export class Stage {
  viewport: Viewport;
  private screen: Size = { width: 1, height: 1 };
  private ratio = 1;
  private fitted = true;
  private readonly canvases = new Map<Layer, HTMLCanvasElement>();
  private readonly painters = new Map<Layer, Painter>();
  private readonly dirty = new Set<Layer>();
  private readonly additions = new Map<Layer, Painter[]>();
  private frame = 0;
  /** Milliseconds of the last frame that painted a heavy layer, and the view that it showed. */
  private took = 0;
  private painted: Viewport;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private readonly framed = new MessageChannel();
  private readonly observer: ResizeObserver;

  /** `host` is filled and watched for its size; `moved` is called when the viewport is another. */
  constructor(
    private readonly host: HTMLElement,
    private readonly size: Size,
    private readonly moved: (viewport: Viewport) => void,
  ) {
    this.viewport = this.painted = fit(size, this.screen);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.resize();
  }

  dispose(): void {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    this.framed.port1.close();
    for (const canvas of this.canvases.values()) canvas.remove();
  }

  /** From now on the layer shows what `painter` paints; null: nothing. */
  paint(layer: Layer, painter: Painter | null): void {
    if (painter) this.painters.set(layer, painter);
    else if (!this.painters.delete(layer)) return;
    this.redraw(layer);
  }

  /** The layer shows what `painter` paints; of that, only what `addition` paints over it is not there yet. */
  extend(layer: Layer, painter: Painter, addition: Painter): void {
    this.painters.set(layer, painter);
    this.additions.set(layer, [...(this.additions.get(layer) ?? []), addition]);
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Paint a layer again in the next frame. */
  redraw(...layers: readonly Layer[]): void {
    for (const layer of layers) this.dirty.add(layer);
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Shows another part of the picture, never none of it. */
  move(viewport: Viewport): void {
    this.fitted = false;
    this.place(viewport);
  }

  /** Moves the view, if it has to, so that a box of the picture is in sight. */
  reveal([x, y, width, height]: Box): void {
    const { scale } = this.viewport;
    const [left, top] = [x * scale + this.viewport.x, y * scale + this.viewport.y];
    const inside = (from: number, length: number, room: number) => from + length > 0 && from < room;
    if (inside(left, width * scale, this.screen.width) && inside(top, height * scale, this.screen.height)) return;
    const middle = { x: left + (width * scale) / 2, y: top + (height * scale) / 2 };
    this.move(pan(this.viewport, this.center.x - middle.x, this.center.y - middle.y));
  }

  fit(): void {
    this.fitted = true;
    this.place(fit(this.size, this.screen));
  }

  /** In CSS pixels. */
  get room(): Size {
    return this.screen;
  }

  get center(): { x: number; y: number } {
    return { x: this.screen.width / 2, y: this.screen.height / 2 };
  }

  private place(viewport: Viewport): void {
    this.viewport = keepInSight(viewport, this.size, this.screen);
    const carried = this.took > SLOW_MS ? HEAVY : [];
    for (const layer of carried) this.carry(layer);
    this.redraw(...LAYERS.filter((layer) => !carried.includes(layer)));
    clearTimeout(this.resting);
    if (carried.length > 0) this.resting = setTimeout(() => this.redraw(...carried), REST_MS);
    this.moved(this.viewport);
  }

  /** Puts a layer where the view is now, as it was painted. */
  private carry(layer: Layer): void {
    const canvas = this.canvases.get(layer);
    if (!canvas) return;
    const [now, was] = [this.viewport, this.painted];
    const factor = now.scale / was.scale;
    canvas.style.transform = `translate(${now.x - was.x * factor}px, ${now.y - was.y * factor}px) scale(${factor})`;
  }

  private resize(): void {
    const before = this.screen;
    this.screen = { width: Math.max(1, this.host.clientWidth), height: Math.max(1, this.host.clientHeight) };
    this.ratio = window.devicePixelRatio || 1;
    for (const canvas of this.canvases.values()) this.fill(canvas);
    this.took = 0; // what was painted is gone
    this.place(this.fitted ? fit(this.size, this.screen) : resized(this.viewport, before, this.screen));
  }

  private draw(): void {
    this.frame = 0;
    if (HEAVY.some((layer) => this.dirty.has(layer))) {
      for (const layer of HEAVY) this.dirty.add(layer); // they are at the same place, always
      this.timeHeavy();
    }
    for (const layer of this.dirty) {
      const painter = this.painters.get(layer);
      const canvas = this.canvases.get(layer) ?? (painter && this.create(layer));
      if (!canvas) continue;
      const surface = this.surfaceOf(canvas);
      surface.context.setTransform(1, 0, 0, 1, 0, 0);
      surface.context.clearRect(0, 0, canvas.width, canvas.height);
      canvas.style.transform = "";
      painter?.(surface);
    }
    for (const [layer, additions] of this.additions) {
      const canvas = this.canvases.get(layer);
      if (!canvas || this.dirty.has(layer)) continue;
      for (const addition of additions) addition(this.surfaceOf(canvas));
    }
    this.dirty.clear();
    this.additions.clear();
  }

  /** A message is heard after the frame is on its way: what painting costs does not show before. */
  private timeHeavy(): void {
    this.painted = this.viewport;
    const began = performance.now();
    this.framed.port1.onmessage = () => (this.took = performance.now() - began);
    this.framed.port2.postMessage(null);
  }

  private surfaceOf(canvas: HTMLCanvasElement): Surface {
    return { context: canvas.getContext("2d")!, viewport: this.viewport, screen: this.screen, ratio: this.ratio };
  }

  private create(layer: Layer): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "stage-layer";
    canvas.dataset["layer"] = layer;
    canvas.style.zIndex = String(LAYERS.indexOf(layer));
    canvas.setAttribute("aria-hidden", "true");
    this.fill(canvas);
    this.canvases.set(layer, canvas);
    this.host.append(canvas);
    return canvas;
  }

  private fill(canvas: HTMLCanvasElement): void {
    canvas.width = Math.round(this.screen.width * this.ratio);
    canvas.height = Math.round(this.screen.height * this.ratio);
  }
}
