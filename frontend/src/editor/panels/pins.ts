/** The pins of comments over the image: elements of their own, so that moving one paints no canvas. */

import type { Editor } from "../editor";
import type { Point } from "../lib/geometry";
import { placeOf } from "../review/pins";
import type { ThreadData } from "../server/types";
import type { Stage } from "../view/canvas";
import { toPicture, toScreen } from "../view/viewport";

/** A pin that is dragged less far was pressed. */
const SLOP = 4;

export class Pins {
  private readonly layer = document.createElement("div");
  private readonly pins = new Map<number, HTMLButtonElement>();
  /** The pin whose comment is being written. */
  private readonly fresh = pinElement("+");
  private dragged: { id: number; at: Point } | null = null;
  private readonly stops: (() => void)[];

  constructor(
    private readonly editor: Editor,
    private readonly host: HTMLElement,
    private readonly stage: Stage,
  ) {
    this.layer.className = "pins";
    this.fresh.dataset["fresh"] = "";
    this.layer.append(this.fresh);
    host.append(this.layer);
    this.show();
    this.stops = [
      editor.review.store.watch((state, before) => {
        if ((["data", "thread", "newPin"] as const).some((key) => state[key] !== before[key])) this.show();
      }),
      editor.store.watch((state, before) => state.kept !== before.kept && this.show()),
    ];
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.layer.remove();
  }

  /** The view moved: the pins go with it. */
  place(): void {
    for (const thread of this.comments.threads) {
      const [pin, at] = [this.pins.get(thread.id), this.where(thread)];
      if (pin && at) this.put(pin, at);
    }
    const { newPin } = this.editor.review.store.get();
    const at = newPin?.at ? placeOf({ ...newPin.at, object: newPin.object }, this.editor.store.get().kept) : null;
    this.fresh.hidden = at === null || at === "orphan";
    if (at !== null && at !== "orphan") this.put(this.fresh, at);
  }

  private get comments(): Editor["review"]["comments"] {
    return this.editor.review.comments;
  }

  private show(): void {
    const { thread: pointed } = this.editor.review.store.get();
    const shown = this.comments.threads.filter((one) => one.state !== "resolved" && this.where(one));
    for (const [id, pin] of this.pins) {
      if (shown.some((one) => one.id === id)) continue;
      pin.remove();
      this.pins.delete(id);
    }
    for (const thread of shown) {
      const pin = this.pins.get(thread.id) ?? this.make(thread.id);
      const text = thread.comments[0]?.text ?? "";
      pin.textContent = String(thread.number);
      pin.dataset["state"] = thread.state;
      pin.toggleAttribute("data-draft", thread.draft);
      pin.setAttribute("aria-pressed", String(thread.id === pointed));
      pin.setAttribute("aria-label", `Comment ${thread.number}${thread.draft ? " (draft)" : ""}: ${text}`);
      pin.title = text;
    }
    this.place();
  }

  private where(thread: ThreadData): Point | null {
    if (this.dragged?.id === thread.id) return this.dragged.at;
    const place = placeOf(thread, this.editor.store.get().kept);
    return place === "orphan" ? null : place;
  }

  private put(pin: HTMLElement, at: Point): void {
    const { x, y } = toScreen(this.stage.viewport, at);
    pin.style.transform = `translate(${x}px, ${y}px)`;
  }

  private make(id: number): HTMLButtonElement {
    const pin = pinElement("");
    this.pins.set(id, pin);
    this.layer.append(pin);
    pin.addEventListener("pointerdown", (event) => this.press(event, pin, id));
    pin.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.comments.point(id);
    });
    return pin;
  }

  /** A press points at the thread; a drag moves one's own pin. */
  private press(event: PointerEvent, pin: HTMLElement, id: number): void {
    event.stopPropagation();
    const thread = this.comments.threads.find((one) => one.id === id);
    if (!thread || event.button !== 0) return;
    pin.setPointerCapture(event.pointerId);
    const from = { x: event.clientX, y: event.clientY };
    const mine = this.comments.isMine(thread);
    const move = (now: PointerEvent) => {
      now.stopPropagation();
      const far = Math.hypot(now.clientX - from.x, now.clientY - from.y) > SLOP;
      if (!mine || (!this.dragged && !far)) return;
      const bounds = this.host.getBoundingClientRect();
      const screen = { x: now.clientX - bounds.left, y: now.clientY - bounds.top };
      this.dragged = { id, at: toPicture(this.stage.viewport, screen) };
      this.put(pin, this.dragged.at);
    };
    const end = (up: PointerEvent) => {
      up.stopPropagation();
      for (const kind of ["pointerup", "pointercancel"] as const) pin.removeEventListener(kind, end);
      pin.removeEventListener("pointermove", move);
      const to = this.dragged?.at;
      this.dragged = null;
      if (to && up.type === "pointerup") void this.comments.move(thread, to);
      else this.comments.point(this.editor.review.store.get().thread === id ? null : id);
    };
    pin.addEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"] as const) pin.addEventListener(kind, end);
  }
}

function pinElement(text: string): HTMLButtonElement {
  const pin = document.createElement("button");
  pin.type = "button";
  pin.className = "pin";
  pin.dataset["testid"] = "pin";
  pin.textContent = text;
  return pin;
}
