/** What the review panels show. Only the parts in this folder change it. */

import type { Point } from "../lib/geometry";
import type { Kept } from "../model/kept";
import type { PersonData, ReviewData } from "../server/types";

/** A pin that is being set: its comment is not written yet. `object`: `at` is inside of its box. */
export interface NewPin {
  readonly at: Point | null;
  readonly object: string | null;
}

/** What the masks show: as they are, as they were, or what differs. */
export type Comparison = "now" | "before" | "changed";

export interface ReviewState {
  /** Null: not loaded yet. */
  readonly data: ReviewData | null;
  /** What the person may do isn't known yet: the review is loaded for the first time, or the turn is being taken. */
  readonly pending: boolean;
  /** A verdict, or the way to the next image, is on its way. */
  readonly busy: boolean;
  /** The turn was lost, or given back: it is not taken again without being asked. */
  readonly given: boolean;
  /** Why the turn could not be taken. */
  readonly refused: string;
  /** The last verdict led nowhere: nothing else waits. */
  readonly nothingWaits: boolean;
  readonly newPin: NewPin | null;
  /** The next press in the picture sets the pin of the comment that is being written. */
  readonly pinning: boolean;
  /** The thread that is pointed at, by its id. */
  readonly thread: number | null;
  /** A point of the picture that the view goes to; a new object each time. */
  readonly look: Point | null;
  readonly comparison: Comparison;
  readonly sideBySide: boolean;
  /** The labels at `oldVersion`; null: not loaded. */
  readonly old: readonly Kept[] | null;
  readonly oldVersion: number;
  /** Whom a comment may name; null: not loaded. */
  readonly people: readonly PersonData[] | null;
}

export const NO_REVIEW: ReviewState = {
  data: null,
  pending: true,
  busy: false,
  given: false,
  refused: "",
  nothingWaits: false,
  newPin: null,
  pinning: false,
  thread: null,
  look: null,
  comparison: "now",
  sideBySide: false,
  old: null,
  oldVersion: 0,
  people: null,
};
