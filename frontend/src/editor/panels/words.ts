/** What steps and journal entries are called: “Undo brush stroke”. */

import type { Entry } from "../journal";
import type { Did } from "../work";

const WORDS: Readonly<Record<Did | Entry["what"], string>> = {
  open: "opening",
  click: "click",
  moveClick: "moved click",
  removeClick: "deleted click",
  box: "box",
  brush: "brush stroke",
  erase: "eraser stroke",
  add: "added region",
  cut: "cut region",
  fillHoles: "filled holes",
  largest: "largest part",
  grow: "growing",
  shrink: "shrinking",
  smooth: "smoothing",
  class: "class",
  keep: "keeping",
  delete: "deleting",
  cancel: "cancelling",
  attributes: "attribute",
  merge: "merging",
  split: "splitting",
  duplicate: "duplicating",
  order: "new order",
  classes: "class",
  fit: "fitting in",
  change: "change",
  accept: "keeping",
  reject: "rejecting",
};

export function wordFor(what: string): string {
  return what in WORDS ? WORDS[what as keyof typeof WORDS] : what;
}

const number = new Intl.NumberFormat("en-US");

/** “1,234 px”. */
export function pixels(count: number): string {
  return `${number.format(count)} px`;
}
