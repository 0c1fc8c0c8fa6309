/** The names of steps and journal entries, as in “Undo brush stroke”. */

import type { Entry } from "../model/journal";
import type { Did } from "../model/work";

const WORDS: Readonly<Record<Did | Entry["what"], string>> = {
  open: "open object",
  click: "click",
  moveClick: "move click",
  removeClick: "delete click",
  box: "box",
  brush: "brush stroke",
  erase: "eraser stroke",
  add: "add region",
  cut: "cut region",
  fillHoles: "fill holes",
  largest: "largest part",
  grow: "grow",
  shrink: "shrink",
  smooth: "smooth",
  class: "class change",
  keep: "keep object",
  delete: "delete object",
  cancel: "cancel object",
  attributes: "attribute change",
  merge: "merge",
  split: "split",
  duplicate: "duplicate",
  order: "order change",
  classes: "class change",
  fit: "overlap removal",
  change: "change",
  accept: "keep suggestion",
  reject: "reject suggestion",
};

export function wordFor(what: string): string {
  return what in WORDS ? WORDS[what as keyof typeof WORDS] : what;
}

const number = new Intl.NumberFormat("en-US");

/** “1,234 px”. */
export function pixels(count: number): string {
  return `${number.format(count)} px`;
}
