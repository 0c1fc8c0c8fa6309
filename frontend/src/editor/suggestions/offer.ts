/** The suggestions of an image, and which of them are still open. Pure. */

import type { Point, Size } from "../lib/geometry";
import { covers, patchOfView, RleError, type Patch } from "../mask/rle";
import { area, intersect, spansOf, type Spans } from "../mask/spans";
import { unwire, type Click } from "../model/clicks";
import type { Category, SuggestionData } from "../server/types";

/** An object that a method proposes; never a label before somebody keeps it. */
export interface Suggestion extends Omit<SuggestionData, "clicks" | "basis"> {
  readonly patch: Patch;
  readonly basis: Patch | null;
  readonly clicks: readonly Click[];
}

/** The same, ready to be shown; null for a mask that does not fit the view, which the console hears of. */
export function suggestionOf(data: SuggestionData, view: Size): Suggestion | null {
  try {
    const patch = patchOfView(data.counts, view.width, view.height);
    const basis = data.basis === null ? null : patchOfView(data.basis, view.width, view.height);
    return { ...data, patch, basis, clicks: data.clicks.map(unwire) };
  } catch (error) {
    if (!(error instanceof RleError)) throw error;
    console.error(`interlabel: suggestion ${data.uid} can't be shown`, error);
    return null;
  }
}

/** Part of a suggestion inside of a kept object from which it is not proposed; the server has the same
 * (`offers.COVERED`). An IoU is never more than that part, so it needs no test of its own. */
const COVERED = 0.5;

/** Whether a suggestion is over a kept object. A whole around a kept part is not: who kept the wheel may want the car. */
export function isOver(one: Patch, kept: Patch, view: Size): boolean {
  const [x0, y0, w0, h0] = one.box;
  const [x1, y1, w1, h1] = kept.box;
  const width = Math.min(x0 + w0, x1 + w1) - Math.max(x0, x1);
  const height = Math.min(y0 + h0, y1 + h1) - Math.max(y0, y1);
  if (width <= 0 || height <= 0) return false;
  const whole = areaOf(one, view);
  if (width * height <= COVERED * whole) return false;
  return area(intersect(spansIn(one, view), spansIn(kept, view))) > COVERED * whole;
}

interface Measured {
  readonly spans: Spans;
  readonly area: number;
  /** Whether it is over that mask: masks never change, so that is found out once. */
  readonly over: WeakMap<Patch, boolean>;
}

const known = new WeakMap<Patch, Measured>();

function measured(patch: Patch, view: Size): Measured {
  let found = known.get(patch);
  if (!found) {
    const spans = spansOf(patch, view.height);
    known.set(patch, (found = { spans, area: area(spans), over: new WeakMap() }));
  }
  return found;
}

const spansIn = (patch: Patch, view: Size) => measured(patch, view).spans;
const areaOf = (patch: Patch, view: Size) => measured(patch, view).area;

function isCovered(one: Patch, kept: readonly Patch[], view: Size): boolean {
  const { over } = measured(one, view);
  return kept.some((mask) => {
    let found = over.get(mask);
    if (found === undefined) over.set(mask, (found = isOver(one, mask, view)));
    return found;
  });
}

/** What was decided, on this page or before. */
export interface Decided {
  readonly kept: readonly { readonly uid: string; readonly patch: Patch }[];
  /** Uids that are open, or kept and waiting for their last mask. */
  readonly inWork: readonly string[];
  readonly rejected: ReadonlySet<string>;
}

/** Suggestions that are still to be decided, best first: none that is kept, rejected or over a kept object. */
export function undecided(all: readonly Suggestion[], decided: Decided, view: Size): Suggestion[] {
  const gone = new Set([...decided.kept.map(({ uid }) => uid), ...decided.inWork]);
  const masks = decided.kept.map(({ patch }) => patch);
  return all
    .filter(({ uid, patch }) => !gone.has(uid) && !decided.rejected.has(uid) && !isCovered(patch, masks, view))
    .sort((one, other) => other.score - one.score);
}

/** Those from a confidence of `above` on; what somebody asked for by text is always among them. */
export function confident(list: readonly Suggestion[], above: number): Suggestion[] {
  return list.filter(({ method, score }) => method === "text" || score >= above);
}

/** The smallest one at a view point: what is in front, most likely. */
export function smallestAt(list: readonly Suggestion[], { x, y }: Point): Suggestion | null {
  let found: Suggestion | null = null;
  for (const one of list) if ((!found || one.area < found.area) && covers(one.patch, x, y)) found = one;
  return found;
}

/** Points from one place to another, at most `step` apart, without the first. */
export function between(from: Point, to: Point, step: number): Point[] {
  const count = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / step));
  return Array.from({ length: count }, (_, index) => {
    const part = (index + 1) / count;
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  });
}

/** The one after (or before) `uid` by confidence, round and round; the first one where none is pointed at. */
export function neighbour(list: readonly Suggestion[], uid: string | null, by: 1 | -1): Suggestion | null {
  const at = list.findIndex((one) => one.uid === uid);
  if (at < 0) return list.at(by > 0 ? 0 : -1) ?? null;
  return list.at((at + by) % list.length) ?? null;
}

/** The one that comes up when `uid` is decided: the next less confident one, or else the last. */
export function following(list: readonly Suggestion[], uid: string): Suggestion | null {
  const at = list.findIndex((one) => one.uid === uid);
  return list[at + 1] ?? list[at - 1] ?? null;
}

/** Those of several that can be kept together: in order, without what lies over one before it. */
export function together(list: readonly Suggestion[], view: Size): Suggestion[] {
  const taken: Suggestion[] = [];
  for (const one of list) {
    const masks = taken.map(({ patch }) => patch);
    if (!isCovered(one.patch, masks, view)) taken.push(one);
  }
  return taken;
}

/** Suggestions of one class, or of one word that is no class of the project. */
export interface Group {
  readonly key: string;
  readonly category: Category | null;
  readonly name: string;
  readonly list: readonly Suggestion[];
}

/** By class in the project's order, then by word, then what has neither. */
export function groups(list: readonly Suggestion[], categories: readonly Category[]): Group[] {
  const found: Group[] = categories.map((category) => ({
    key: `class ${category.number}`,
    category,
    name: category.name,
    list: list.filter((one) => one.category === category.number),
  }));
  const known = new Set(categories.map(({ number }) => number));
  const others = list.filter(({ category }) => category === null || !known.has(category));
  for (const word of [...new Set(others.map((one) => one.word))].sort(wordsFirst)) {
    const same = others.filter((one) => one.word === word);
    found.push({ key: `word ${word}`, category: null, name: word || "No class", list: same });
  }
  return found.filter((group) => group.list.length > 0);
}

function wordsFirst(one: string, other: string): number {
  if (!one || !other) return one ? -1 : 1;
  return one.localeCompare(other);
}

export function percent(score: number): string {
  return `${Math.round(score * 100)} %`;
}
