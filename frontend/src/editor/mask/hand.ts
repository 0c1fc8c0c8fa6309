/** What was drawn by hand over the mask that the prompts make. Kept apart from it, so that both can go on:
 *
 * - what was drawn stays as it was drawn, whatever later clicks make of the rest;
 * - a later click that says otherwise right on something drawn takes that part back;
 * - something drawn onto the mask goes with it when a later click takes away what it was drawn onto.
 */

import type { Size } from "../lib/geometry";
import { attachedTo, partAt, touch } from "./parts";
import { NONE, subtract, union, type Spans } from "./spans";

export interface Hand {
  /** Added in touch with the mask. */
  readonly attached: Spans;
  /** Added on its own. */
  readonly free: Spans;
  readonly removed: Spans;
}

export const UNTOUCHED: Hand = { attached: NONE, free: NONE, removed: NONE };

export function isUntouched({ attached, free, removed }: Hand): boolean {
  return attached.length + free.length + removed.length === 0;
}

/** `region` drawn while the mask was `mask`. */
export function drawn(hand: Hand, region: Spans, mask: Spans, view: Size): Hand {
  const removed = subtract(hand.removed, region);
  if (mask.length > 0 && touch(region, mask, view)) return { ...hand, removed, attached: union(hand.attached, region) };
  return { ...hand, removed, free: union(hand.free, region) };
}

export function cut(hand: Hand, region: Spans): Hand {
  return {
    attached: subtract(hand.attached, region),
    free: subtract(hand.free, region),
    removed: union(hand.removed, region),
  };
}

/** A click at a position: takes back the drawn part that it contradicts. */
export function clicked(hand: Hand, position: number, positive: boolean, height: number): Hand {
  const without = (spans: Spans) => subtract(spans, partAt(spans, position, height));
  if (positive) return { ...hand, removed: without(hand.removed) };
  return { ...hand, attached: without(hand.attached), free: without(hand.free) };
}

/** The mask: what the prompts answered, with the hand's work over it. */
export function over(answer: Spans, hand: Hand, view: Size): Spans {
  const ground = union(answer, hand.free);
  return subtract(union(ground, attachedTo(hand.attached, ground, view)), hand.removed);
}
