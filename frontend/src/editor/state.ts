/** Everything that the window shows. Only the editor and its parts change it. */

import type { EncodingState, Status } from "../shared/types";
import type { Conflict } from "./model/conflict";
import { NOTHING_DONE, type Journal } from "./model/journal";
import type { Kept } from "./model/kept";
import { NO_MARKS, type Marks } from "./model/marks";
import type { Work } from "./model/work";
import type { Leftover } from "./saving/leftovers";
import type { SaveState } from "./saving/outbox";
import type { RefusedChange } from "./saving/refused";
import type { ConnectionState } from "./server/connection";
import type { Person, StateMessage } from "./server/protocol";
import type { ValueWindow, OwnKeys, Boot } from "./server/types";
import { PLAIN, type DisplaySettings } from "./view/displaySettings";
import type { Picture } from "./view/picture";

export interface Toast {
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  /** Gone as soon as another object is begun. */
  readonly untilNext: boolean;
}

export type Tool = "click" | "box" | "brush" | "eraser" | "polygon" | "lasso" | "suggest";

export interface State {
  readonly connection: ConnectionState;
  /** As the newest news say; the same as in the editor's boot data. */
  readonly project: Boot["project"] | null;
  readonly encoding: {
    readonly state: EncodingState;
    readonly reason: string | null;
    /** Images before this one in the queue, and how many there were at first. */
    readonly ahead: number | null;
    readonly aheadAtFirst: number | null;
  };
  readonly pictureFailed: boolean;
  /** How far the parts of a large picture are made, 0 to 1; null when they are there. */
  readonly pictureMade: number | null;
  readonly kept: readonly Kept[];
  /** The labels have arrived: `kept` and `status` are those of the image. */
  readonly loaded: boolean;
  readonly status: Status;
  /** Why the image is skipped, and what is noted about it. */
  readonly reason: string;
  readonly note: string;
  readonly save: SaveState;
  readonly conflict: Conflict | null;
  /** How many changes are not saved yet, and those of them that the server refused. */
  readonly unsaved: number;
  readonly refused: readonly RefusedChange[];
  /** Other images with changes that were never saved. */
  readonly elsewhere: readonly Leftover[];
  /** Who has the image open, this editor too; empty while that is not known. */
  readonly people: readonly Person[];
  readonly lease: Lease;
  /** It is this person's turn to review the image; correcting, they may change its labels, too. */
  readonly judging: "review" | "correct" | null;
  /** Why the labels can't be changed although the person may label: said in full by the review. */
  readonly closed: "accepted" | "in_review" | null;
  /** Who else changed this image last. */
  readonly other: string | null;
  readonly open: Work | null;
  /** Kept by the annotator, waiting for the answer to their last click. */
  readonly finishing: readonly Work[];
  readonly journal: Journal;
  readonly activeCategory: number | null;
  /** The keys of a class that were pressed so far; empty when none is begun. */
  readonly classKeys: string;
  readonly tool: Tool;
  /** Across, in pixels of the picture. */
  readonly brush: number;
  /** Polygon and lasso cut off instead of adding. */
  readonly cutting: boolean;
  readonly selected: string | null;
  /** Kept objects that are chosen together, in the order of choosing. */
  readonly selection: readonly string[];
  readonly marks: Marks;
  /** In a panoptic project: take free pixels only, from nobody. */
  readonly yields: boolean;
  readonly display: DisplaySettings;
  /** Of an original with more than 8 bits: another window than the view's. */
  readonly window: ValueWindow | null;
  readonly picture: Picture | null;
  readonly hovered: string | null;
  readonly hidden: boolean;
  readonly help: boolean;
  /** In a window too small to label in: nothing can be changed. */
  readonly viewOnly: boolean;
  /** The dialog that is open, of those that need nothing else. */
  readonly dialog: "skip" | "sendBack" | "override" | "jump" | "openComments" | null;
  /** The person's own keys. */
  readonly keys: OwnKeys;
  readonly toast: Toast | null;
  /** From click to mask, milliseconds. */
  readonly latency: number | null;
  /** Screen pixels per picture pixel. */
  readonly zoom: number;
}

export function initialState(encoding: EncodingState, activeCategory: number | null): State {
  return {
    connection: "connecting",
    project: null,
    encoding: { state: encoding, reason: null, ahead: null, aheadAtFirst: null },
    pictureFailed: false,
    pictureMade: null,
    kept: [],
    loaded: false,
    status: "new",
    reason: "",
    note: "",
    save: { kind: "loading" },
    conflict: null,
    unsaved: 0,
    refused: [],
    elsewhere: [],
    people: [],
    lease: { kind: "mine" },
    judging: null,
    closed: null,
    other: null,
    open: null,
    finishing: [],
    journal: NOTHING_DONE,
    activeCategory,
    classKeys: "",
    tool: "click",
    brush: 20,
    cutting: false,
    selected: null,
    selection: [],
    marks: NO_MARKS,
    yields: false,
    display: PLAIN,
    window: null,
    picture: null,
    hovered: null,
    hidden: false,
    help: false,
    viewOnly: false,
    dialog: null,
    keys: {},
    toast: null,
    latency: null,
    zoom: 1,
  };
}

/** How far the image is, after news; how many were before it at first stays known. */
export function encodingAfter(before: State["encoding"], { state, reason, ahead }: StateMessage): State["encoding"] {
  const waiting = ahead ?? (state === "queued" ? before.ahead : null);
  return { state, reason: reason ?? null, ahead: waiting, aheadAtFirst: before.aheadAtFirst ?? waiting };
}

export type Lease =
  | { readonly kind: "mine" }
  /** `lost`: it was ours until they took it. */
  | { readonly kind: "theirs"; readonly by: Person; readonly lost: boolean };
