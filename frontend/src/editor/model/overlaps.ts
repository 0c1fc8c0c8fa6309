/** Finds the pixels that belong to several objects, and updates them as objects change. */

import type { Size } from "../lib/geometry";
import { area, EMPTY, type Patch } from "../mask/rle";
import { intersect, patchOf, unionAll, type Spans } from "../mask/spans";
import { boxesMeet, spansOfPatch } from "./panoptic";

export interface Overlap {
  readonly patch: Patch;
  readonly pixels: number;
}

export const NO_OVERLAP: Overlap = { patch: EMPTY, pixels: 0 };

/** Remembers for each two masks what they share: after a change only its own pairs are looked at. */
export class Overlaps {
  private readonly known = new WeakMap<Patch, WeakMap<Patch, Spans>>();
  private last: { patches: readonly Patch[]; overlap: Overlap } | null = null;

  constructor(private readonly view: Size) {}

  of(patches: readonly Patch[]): Overlap {
    const same =
      this.last?.patches.length === patches.length && this.last.patches.every((one, i) => one === patches[i]);
    if (this.last && same) return this.last.overlap;
    const shared: Spans[] = [];
    patches.forEach((one, index) => {
      for (let other = index + 1; other < patches.length; other++) {
        const found = boxesMeet(one.box, patches[other]!.box) ? this.shared(one, patches[other]!) : null;
        if (found && found.length > 0) shared.push(found);
      }
    });
    const patch = shared.length === 0 ? EMPTY : patchOf(unionAll(shared), this.view.height);
    this.last = { patches, overlap: { patch, pixels: area(patch.runs) } };
    return this.last.overlap;
  }

  private shared(one: Patch, other: Patch): Spans {
    let known = this.known.get(one);
    if (!known) this.known.set(one, (known = new WeakMap<Patch, Spans>()));
    let found = known.get(other);
    if (!found) {
      const { height } = this.view;
      known.set(other, (found = intersect(spansOfPatch(one, height), spansOfPatch(other, height))));
    }
    return found;
  }
}
