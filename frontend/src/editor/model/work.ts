/** An object in work: its steps, and the mask that they make. Pure transitions.
 *
 * Each step has the whole recipe after it (class, prompts, what was drawn over their answer), so undo and redo only move
 * to another step. Steps share unchanged parts. Answers are stored by their prompts: going back to earlier prompts shows
 * their mask at once, without the server.
 */

import type { Point, Size } from "../lib/geometry";
import * as hands from "../mask/hand";
import type { Hand } from "../mask/hand";
import { EMPTY, same, type Patch } from "../mask/rle";
import { patchOf, spansOf, type Spans } from "../mask/spans";
import type { Tracked } from "../server/connection";
import type { PromptBox } from "../server/protocol";
import type { Attributes } from "../server/types";
import { clickAt, on, wireWithTile, type Click } from "./clicks";

/** What the decoder answers: clicks, starting from a mask (`base`), a box or nothing. */
export interface Prompts {
  readonly base: Patch | null;
  readonly box: PromptBox | null;
  readonly clicks: readonly Click[];
}

/** What an object is made of: its class, and what makes its mask. */
export interface Recipe {
  readonly category: number | null;
  readonly prompts: Prompts;
  readonly hand: Hand;
  /** Answers to the project's attributes; what an earlier page left may have none. */
  readonly attributes?: Attributes;
}

export type Did =
  | "open"
  | "click"
  | "moveClick"
  | "removeClick"
  | "box"
  | "brush"
  | "erase"
  | "add"
  | "cut"
  | "fillHoles"
  | "largest"
  | "grow"
  | "shrink"
  | "smooth"
  | "class"
  | "attributes";

export interface Step {
  readonly did: Did;
  readonly recipe: Recipe;
}

interface Answered {
  readonly patch: Patch;
  /** For each click the tile that it was answered on, if the server looked closer anywhere. */
  readonly tiles: readonly (string | null)[];
  /** Whether a finer answer may follow. */
  readonly coarse: boolean;
}

export interface Work {
  /** The object's name on the socket; of a new object also in the annotation set. */
  readonly uid: string;
  /** The uid of the kept object that is being refined. */
  readonly source: string | null;
  readonly view: Size;
  /** The first is how the object was opened. */
  readonly steps: readonly Step[];
  /** The present step; those after it can be redone. */
  readonly at: number;
  readonly answers: ReadonlyMap<Prompts, Answered>;
  /** The newest answer; while the present prompts have none, an earlier one. */
  readonly answer: Patch;
  /** What is shown and kept: the answer, and what was drawn over it. */
  readonly mask: Patch;
  /** The kept clicks, while they are tried for whether they still make the kept mask. */
  readonly trial: Prompts | null;
}

/** More steps than this are forgotten, the oldest first. */
const MOST_STEPS = 200;

/** A new object with nothing in it yet. */
export function begin(uid: string, category: number | null, view: Size): Work {
  return opened(uid, null, { category, prompts: { base: null, box: null, clicks: [] }, hand: hands.UNTOUCHED }, view);
}

interface Made {
  readonly uid: string;
  readonly category: number | null;
  readonly patch: Patch;
  readonly clicks: readonly Click[];
  /** The mask that the clicks began with. */
  readonly basis?: Patch | null;
  readonly attributes?: Attributes;
}

/** A kept object to refine: by its own clicks if they still make its mask, else on top of the mask. */
export function reopen(uid: string, kept: Made, view: Size): Work {
  return resumed(uid, kept.uid, kept, view);
}

/** A suggestion to correct, in the same way; kept, it is an object with the suggestion's uid. */
export function correct(suggestion: Made, view: Size): Work {
  return resumed(suggestion.uid, null, suggestion, view);
}

function resumed(uid: string, source: string | null, made: Made, view: Size): Work {
  const { category, patch, clicks, basis = null, attributes = {} } = made;
  const recipe = { category, prompts: { base: patch, box: null, clicks: [] }, hand: hands.UNTOUCHED, attributes };
  const trial = clicks.length > 0 ? { base: basis, box: null, clicks } : null;
  return { ...opened(uid, source, recipe, view), trial };
}

function opened(uid: string, source: string | null, recipe: Recipe, view: Size): Work {
  const mask = recipe.prompts.base ?? EMPTY;
  const steps = [{ did: "open", recipe } as const];
  return { uid, source, view, steps, at: 0, answers: new Map(), answer: mask, mask, trial: null };
}

// Reading

export function recipeOf(work: Work): Recipe {
  return work.steps[work.at]!.recipe;
}

/** The clicks to show; those on trial, too. */
export function clicksOf(work: Work): readonly Click[] {
  const { clicks } = recipeOf(work).prompts;
  return work.trial ? [...work.trial.clicks, ...clicks] : clicks;
}

/** Whether `mask` answers everything that was asked. */
export function isSettled(work: Work): boolean {
  return work.trial === null && known(work, recipeOf(work).prompts) !== null;
}

/** Whether that is the last word: no finer answer may follow. */
export function isFinal(work: Work): boolean {
  return isSettled(work) && !work.answers.get(recipeOf(work).prompts)?.coarse;
}

/** Whether it is a new object with nothing in it. */
export function isBlank({ at, source, steps }: Work): boolean {
  return at === 0 && !source && !steps[0]!.recipe.prompts.base;
}

/** What undo would take back; null when there is nothing. */
export function undoable(work: Work): Did | null {
  return work.at > 0 ? work.steps[work.at]!.did : null;
}

export function redoable(work: Work): Did | null {
  return work.steps[work.at + 1]?.did ?? null;
}

export function maskSpans(work: Work): Spans {
  return spansOf(work.mask, work.view.height);
}

/** What the server's session of the object should be. */
export function tracked(work: Work): Tracked {
  const prompts = work.trial ?? recipeOf(work).prompts;
  const clicks = marked(work, prompts).map(wireWithTile);
  return { object: work.uid, clicks, previous: prompts.base, box: prompts.box, closer: work.trial === null };
}

function known(work: Work, prompts: Prompts): Patch | null {
  if (prompts.clicks.length === 0 && !prompts.box) return prompts.base ?? EMPTY;
  return work.answers.get(prompts)?.patch ?? null;
}

/** The clicks with the tiles that they were answered on. */
function marked(work: Work, prompts: Prompts): readonly Click[] {
  const answered = work.answers.get(prompts);
  if (!answered) return prompts.clicks;
  return prompts.clicks.map((click, index) => on(click, answered.tiles[index] ?? null));
}

// Steps

export function undo(work: Work): Work | null {
  return work.at > 0 ? renewed({ ...work, at: work.at - 1 }) : null;
}

export function redo(work: Work): Work | null {
  return work.at + 1 < work.steps.length ? renewed({ ...work, at: work.at + 1 }) : null;
}

/** Without the steps that could be redone: something else was done with the object since. */
export function withoutRedo(work: Work): Work {
  return { ...work, steps: work.steps.slice(0, work.at + 1) };
}

/** As before the last step, which the server did not take; null when that was not a question to it. */
export function withdrawn(work: Work): Work | null {
  const asked: readonly Did[] = ["click", "moveClick", "removeClick", "box"];
  if (work.at === 0 || !asked.includes(work.steps[work.at]!.did)) return null;
  return renewed({ ...work, steps: work.steps.slice(0, work.at), at: work.at - 1 });
}

export function addClick(work: Work, click: Click): Work {
  const { prompts, hand } = recipeOf(work);
  const asked = prompts.clicks.length > 0 || prompts.box !== null;
  if (!asked && !hands.isUntouched(hand)) {
    // The first click on what was drawn: from here on that is the mask to refine.
    const base = work.mask.runs.length > 0 ? work.mask : null;
    const step = taken(work, "click", { prompts: { base, box: null, clicks: [click] }, hand: hands.UNTOUCHED });
    return renewed({ ...step, answer: work.mask });
  }
  return prompted(work, "click", [...marked(work, prompts), click], click);
}

/** Every click after it is decoded anew, as each starts from the mask before it. */
export function moveClick(work: Work, index: number, to: Point): Work {
  const { prompts } = recipeOf(work);
  const before = prompts.clicks[index];
  if (!before || work.trial) return work;
  const moved = clickAt(to, before.positive);
  if (moved.x === before.x && moved.y === before.y) return work;
  return prompted(work, "moveClick", marked(work, prompts).with(index, moved), moved);
}

export function removeClick(work: Work, index: number): Work {
  const { prompts } = recipeOf(work);
  if (!prompts.clicks[index] || work.trial) return work;
  return prompted(work, "removeClick", marked(work, prompts).toSpliced(index, 1), null);
}

/** The object is what is in the box; clicks and drawings stay, a mask to refine does not. */
export function promptBox(work: Work, box: PromptBox): Work {
  const clicks = marked(work, recipeOf(work).prompts);
  return renewed({ ...taken(work, "box", { prompts: { base: null, box, clicks } }), trial: null });
}

/** Pixels added to the object by hand, or cut off it. The same work when that changes nothing. */
export function paint(work: Work, did: Did, region: Spans, adding: boolean): Work {
  if (region.length === 0) return work;
  const { hand } = recipeOf(work);
  const painted = adding ? hands.drawn(hand, region, maskSpans(work), work.view) : hands.cut(hand, region);
  const after = renewed(taken(work, did, { hand: painted }));
  return same(after.mask, work.mask) ? work : after;
}

/** The last step, which drew a region, with another region; the same work where that is not what was done last. */
export function repaint(work: Work, did: Did, region: Spans, adding: boolean): Work {
  if (work.at === 0 || work.steps[work.at]!.did !== did) return work;
  const before = renewed({ ...work, steps: work.steps.slice(0, work.at), at: work.at - 1 });
  const after = paint(before, did, region, adding);
  return after === before ? work : after;
}

/** Another mask instead of this one; later clicks refine it. The same work when it is the same mask. */
export function replaceMask(work: Work, did: Did, mask: Spans): Work {
  const base = patchOf(mask, work.view.height);
  if (same(base, work.mask)) return work;
  const prompts = { base: base.runs.length > 0 ? base : null, box: null, clicks: [] };
  return renewed(taken(work, did, { prompts, hand: hands.UNTOUCHED }));
}

export function setCategory(work: Work, category: number): Work {
  return recipeOf(work).category === category ? work : taken(work, "class", { category });
}

export function setAttributes(work: Work, attributes: Attributes): Work {
  return taken(work, "attributes", { attributes });
}

function prompted(work: Work, did: Did, clicks: readonly Click[], newest: Click | null): Work {
  const { prompts, hand } = recipeOf(work);
  const position = newest ? Math.floor(newest.x) * work.view.height + Math.floor(newest.y) : -1;
  const left = newest ? hands.clicked(hand, position, newest.positive, work.view.height) : hand;
  return renewed(taken(work, did, { prompts: { ...prompts, clicks }, hand: left }));
}

function taken(work: Work, did: Did, change: Partial<Recipe>): Work {
  const recipe = { ...recipeOf(work), ...change };
  const steps = [...work.steps.slice(0, work.at + 1), { did, recipe }].slice(-MOST_STEPS);
  return { ...work, steps, at: steps.length - 1 };
}

/** With the mask that the present step makes; where its answer is missing, on the newest one there is. */
function renewed(work: Work): Work {
  const { prompts, hand } = recipeOf(work);
  const { height } = work.view;
  const answer = known(work, prompts) ?? work.answer;
  const untouched = hands.isUntouched(hand);
  const mask = untouched ? answer : patchOf(hands.over(spansOf(answer, height), hand, work.view), height);
  return { ...work, answer, mask: same(mask, work.mask) ? work.mask : mask };
}

// Answers

/** Take an answer in: `clicks` is how many it answers, `final` whether that is everything that was asked. */
export function answered(
  work: Work,
  patch: Patch,
  clicks: number,
  final: boolean,
  tiles: readonly (string | null)[] = [],
  coarse = false,
): Work {
  if (work.trial) return final ? tried(work, work.trial, { patch, tiles, coarse }) : work;
  const { prompts } = recipeOf(work);
  if (final && clicks === prompts.clicks.length) {
    if (clicks === 0 && !prompts.box) return work; // nothing is asked: that has its mask
    return renewed({ ...work, answers: new Map(work.answers).set(prompts, { patch, tiles, coarse }) });
  }
  // For other prompts: shown until the right one comes.
  return known(work, prompts) ? work : renewed({ ...work, answer: patch });
}

/** The kept clicks were answered: go on from them if they still make the kept mask, else from that. */
function tried(work: Work, trial: Prompts, answer: Answered): Work {
  const first = work.steps[0]!.recipe;
  const kept = first.prompts.base;
  if (!kept || !same(answer.patch, kept)) return renewed({ ...work, trial: null });
  const count = trial.clicks.length;
  const replay = trial.clicks.map((_, index): Step => {
    const prompts = index + 1 < count ? { ...trial, clicks: trial.clicks.slice(0, index + 1) } : trial;
    return { did: "click", recipe: { ...first, prompts } };
  });
  // What was done meanwhile was done on the kept mask; it goes on after the kept clicks.
  const moved = new Map<Prompts, Prompts>([[first.prompts, trial]]);
  const since = work.steps.slice(1).map(({ did, recipe }): Step => {
    const { prompts } = recipe;
    if (prompts.base !== kept) return { did, recipe };
    if (!moved.has(prompts)) moved.set(prompts, { ...trial, clicks: [...trial.clicks, ...prompts.clicks] });
    return { did, recipe: { ...recipe, prompts: moved.get(prompts)! } };
  });
  const empty: Step = { did: "open", recipe: { ...first, prompts: { ...trial, clicks: [] } } };
  const answers = new Map(work.answers).set(trial, answer);
  return renewed({ ...work, steps: [empty, ...replay, ...since], at: work.at + count, answers, trial: null });
}
