/** Converts between annotations (runs of the whole view) and shown objects (patches). */

import type { Size } from "../lib/geometry";
import { area, patchOfView, RleError, same, viewCounts, type Patch } from "../mask/rle";
import type { Attributes } from "../server/types";
import type { Shown } from "./changes";
import { unwire, wire, type Click } from "./clicks";
import { contentOf, sameAttributes, type Content } from "./journal";
import { recipeOf, type Work } from "./work";

/** A kept object as shown, saved or on its way. */
export interface Kept {
  readonly uid: string;
  readonly category: number;
  readonly patch: Patch;
  readonly area: number;
  readonly clicks: readonly Click[];
  readonly z: number;
  readonly attributes: Attributes;
  readonly crowd: boolean;
}

/** Makes the shown form of annotations, and each mask only once. */
export class KeptObjects {
  private known = new Map<string, { counts: string; kept: Kept }>();

  constructor(private readonly view: Size) {}

  /** The shown form, in the same order; what does not fit the view is left out and told on the console. */
  of(shown: readonly Shown[]): Kept[] {
    return shown.map((one) => this.one(one)).filter((one) => one !== null);
  }

  private one({ uid, category, counts, clicks, z = 0, attributes = {}, crowd = false }: Shown): Kept | null {
    const known = this.known.get(uid);
    const sameMask = known?.counts === counts;
    if (sameMask && sameRest(known.kept, { category, z, attributes, clicks, crowd })) return known.kept;
    try {
      const patch = sameMask ? known.kept.patch : patchOfView(counts, this.view.width, this.view.height);
      const kept = { uid, category, patch, area: area(patch.runs), clicks: clicks.map(unwire), z, attributes, crowd };
      this.known.set(uid, { counts, kept });
      return kept;
    } catch (error) {
      if (!(error instanceof RleError)) throw error;
      console.error(`interlabel: object ${uid} can't be shown`, error);
      return null;
    }
  }
}

function sameRest(kept: Kept, { category, z, attributes, clicks, crowd }: Omit<Content, "counts">): boolean {
  const same = kept.category === category && kept.z === z && kept.clicks.length === clicks.length;
  return same && kept.crowd === crowd && sameAttributes(kept.attributes, attributes);
}

/** A finished object as it is kept; what `before` has and is the same stays exactly as it was. */
export function contentFor(work: Work, before: Content | null, category: number): Content {
  const { width, height } = work.view;
  const { attributes = before?.attributes ?? {}, prompts } = recipeOf(work);
  if (before && same(patchOfView(before.counts, width, height), work.mask)) {
    return { ...contentOf(before), category, attributes };
  }
  const place = { ...(before?.z !== undefined && { z: before.z }), ...(before?.crowd && { crowd: true }) };
  const counts = viewCounts(work.mask, width, height);
  return { category, counts, clicks: prompts.clicks.map(wire), ...place, attributes };
}
