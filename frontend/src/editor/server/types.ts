/** What the server tells and is told over HTTP, and what both the API and the sockets have. */

import type { EncodingState, Status } from "../../shared/types";

/** A click on the wire: view pixels as floats, whether it is positive, and the tile that it was answered on. */
export type WireClick = readonly [x: number, y: number, positive: boolean, tile?: string];

export interface Category {
  readonly number: number;
  readonly name: string;
  readonly color: string;
  readonly hotkey: number | null;
  readonly kind: "thing" | "stuff";
}

/** The values of an original that are shown black and white. */
export type ValueWindow = readonly [low: number, high: number];

/** What the project asks of each object beside its class. */
export interface AttributeDefinition {
  readonly number: number;
  readonly name: string;
  readonly kind: "text" | "number" | "choice" | "flag";
  readonly choices: readonly string[];
}

export type Method = "everything" | "instances" | "panoptic" | "text";

/** A suggestion as the API writes it: `counts` is compressed COCO RLE of the whole view. */
export interface SuggestionData {
  readonly uid: string;
  readonly method: Method;
  readonly score: number;
  /** The head's own word, or the phrase that was asked for; "" where the method has none. */
  readonly word: string;
  readonly category: number | null;
  readonly counts: string;
  readonly area: number;
  readonly clicks: readonly WireClick[];
  /** The mask that the clicks began with, in the same way as `counts`; null for none. */
  readonly basis: string | null;
}

/** Where the server has the blocks of a large picture; its levels, the finest first, are none while they are made. */
export interface Blocks {
  /** Tells how far they are. */
  readonly status: string;
  /** With `{level}`, `{row}` and `{column}` to be filled in. */
  readonly url: string;
  /** Pixels of a level that a block has along a side. */
  readonly side: number;
  readonly levels: readonly { readonly name: string; readonly factor: number }[];
  /** 0 to 1, while they are made. */
  readonly done?: number;
  readonly failed?: boolean;
}

/** Answers to the project's attributes, by their number. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A kept object as the API writes it: `counts` is compressed COCO RLE of the whole view. */
export interface AnnotationData {
  readonly id: number;
  readonly uid: string;
  readonly category: number;
  readonly counts: string;
  readonly bbox: readonly [number, number, number, number];
  readonly area: number;
  readonly clicks: readonly WireClick[];
  /** Its place in the drawing order. */
  readonly z?: number;
  readonly attributes?: Attributes;
  readonly created_by: string | null;
  readonly changed_at: string;
}

export interface AnnotationSetData {
  readonly version: number;
  readonly status: Status;
  /** Why the image is skipped; empty when it is not. */
  readonly reason?: string;
  /** What annotators have to say about the image. */
  readonly note?: string;
  readonly annotations: readonly AnnotationData[];
}

export type Which = "all" | "todo" | "unlabeled" | "mine" | "done" | "skipped" | "noted";

/** A project as the API writes it. */
export interface ProjectData {
  readonly name: string;
  readonly instructions: string;
  readonly role: string;
  readonly categories: readonly Category[];
  readonly attributes: readonly AttributeDefinition[];
  readonly panoptic: boolean;
}

export interface Endpoints {
  readonly annotations: string;
  readonly annotation: string;
  readonly changes?: string;
  readonly status: string;
  readonly retry: string;
  readonly note: string;
  readonly time: string;
  /** The project's images, page by page. */
  readonly images: string;
  readonly next: string;
  /** The person's own keys. */
  readonly keys: string;
}

/** A person's own keys: only the actions that have others than the shipped ones. */
export type OwnKeys = Readonly<Record<string, readonly string[]>>;

export interface Boot {
  readonly image: {
    id: number;
    name: string;
    width: number;
    height: number;
    view: string;
    state: EncodingState;
    /** Where the parts of a large picture are; null for one that is shown whole. */
    blocks?: Blocks | null;
    /** Where other windows of an original with more than 8 bits are, and which one the view has. */
    deep?: { readonly url: string; readonly window: ValueWindow } | null;
  };
  readonly project: {
    id: number;
    name: string;
    instructions: string;
    url: string;
    next: string;
    categories: readonly Category[];
    attributes?: readonly AttributeDefinition[];
    /** No pixel belongs to two objects. */
    panoptic?: boolean;
  };
  readonly user: { id: number; name: string; role: string; can_label: boolean; keys: Record<string, string[]> };
  /** Path of the click socket. */
  readonly socket: string;
  readonly api: Endpoints & { suggestions: string; text: string };
  /** Which methods can suggest objects here. */
  readonly methods: readonly { method: Method; title: string; can: boolean; head: string | null }[];
  readonly position: { index: number; total: number };
  /** Editor URLs of the images before and after this one in the project's list. */
  readonly previous: string | null;
  readonly following: string | null;
  /** What the project offers to be labeled next. */
  readonly upcoming: readonly { id: number; view: string; editor: string }[];
}

/** How far a method is with the image. */
export interface MethodState {
  readonly method: Method;
  readonly state: "queued" | "running" | "ready" | "failed" | "stopped";
  readonly found: number;
  readonly reason?: string;
}

export interface SuggestionSet {
  readonly results: readonly SuggestionData[];
  readonly running: readonly Method[];
  readonly looked: readonly MethodState[];
}

/** A response map: 8-bit greyscale, base64; `cell` is width and height of one of its pixels in pixels of the view. */
export interface HeatData {
  readonly width: number;
  readonly height: number;
  readonly cell: readonly [number, number];
  readonly png: string;
}

export interface TextAnswer {
  readonly heat: HeatData;
  readonly suggestion: SuggestionData | null;
  readonly missing?: "kept" | "nothing";
}
