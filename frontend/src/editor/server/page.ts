/** What the page tells the editor when it loads, and what else it has for it. */

import type { PicturesAhead } from "../view/picturePrefetch";
import type { Api, Endpoints } from "./api";
import type { Blocks } from "../view/blocks/pyramid";
import type { ClickConnection, Listener } from "./connection";
import type { Locks, TabName } from "../saving/tabScope";
import type { EncodingState } from "./protocol";
import type { Records } from "../lib/indexedDb";
import type { Storage } from "../lib/storage";
import type { Method } from "../suggestions/offer";
import type { Strip } from "../editing/filmstrip";

export interface Category {
  readonly number: number;
  readonly name: string;
  readonly color: string;
  readonly hotkey: number | null;
  readonly kind: "thing" | "stuff";
}

/** The values of an original that are shown black and white. */
export type Window = readonly [low: number, high: number];

/** What the project asks of each object beside its class. */
export interface AttributeDefinition {
  readonly number: number;
  readonly name: string;
  readonly kind: "text" | "number" | "choice" | "flag";
  readonly choices: readonly string[];
}

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
    deep?: { readonly url: string; readonly window: Window } | null;
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

/** What the editor needs from the page around it. */
export interface Surroundings {
  readonly storage: Storage;
  readonly records: Promise<Records> | Records;
  readonly locks: Locks;
  readonly name: TabName;
  readonly api: Api;
  /** The same for all images of the project. */
  readonly strip: Strip;
  /** Pictures that are decoded already; without them each is when it is opened. */
  readonly pictures?: PicturesAhead;
  readonly connect: (listener: Listener) => ClickConnection;
  /** What was loaded ahead for other images is old. */
  readonly forget?: () => void;
  /** `stay`: the browser's history is there already. */
  readonly go: (url: string, how: "push" | "stay") => void;
}

export function readBoot(page: Document): Boot {
  const element = page.getElementById("editor-data");
  if (!element?.textContent) throw new Error("The page has no editor data.");
  return JSON.parse(element.textContent) as Boot;
}

/** The absolute `ws(s)` address of a path on this host. */
export function socketUrl(path: string, location: Location): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
