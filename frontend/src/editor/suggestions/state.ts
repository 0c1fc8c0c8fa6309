/** The state of suggestions, in a store of its own, because most panels do not use it. */

import { Store } from "../lib/store";
import type { Method, MethodState } from "../server/types";
import type { HeatMap } from "./heatMap";
import type { Suggestion } from "./offer";

/** What became of the last phrase. */
export type TextState =
  | { readonly kind: "idle" }
  | { readonly kind: "searching"; readonly phrase: string }
  | { readonly kind: "failed"; readonly phrase: string; readonly message: string }
  | {
      readonly kind: "answered";
      readonly phrase: string;
      readonly heat: HeatMap;
      readonly uid: string | null;
      readonly message: string;
    };

export type LoadState = { readonly kind: "loading" | "ready" } | { readonly kind: "failed"; readonly message: string };

export interface SuggestionsState {
  readonly load: LoadState;
  /** As the server told them, with those that this page has decided about since. */
  readonly all: readonly Suggestion[];
  /** Those that are to be decided, whatever their confidence; best first. */
  readonly undecided: readonly Suggestion[];
  /** Those of them from the threshold on: what is shown. */
  readonly shown: readonly Suggestion[];
  readonly above: number;
  readonly rejected: ReadonlySet<string>;
  /** Under the pointer, or stepped to. */
  readonly pointed: string | null;
  /** By a key, rather than by the pointer. */
  readonly stepped: boolean;
  /** The class that somebody chose for the suggestion that is pointed at, instead of its own. */
  readonly given: { readonly uid: string; readonly category: number } | null;
  /** Passed by a drag that keeps them at its end. */
  readonly gathered: readonly string[];
  /** Methods that are looking, or wait for their turn. */
  readonly requested: readonly Method[];
  /** They take longer than they should. */
  readonly slow: boolean;
  readonly looked: readonly MethodState[];
  readonly text: TextState;
}

export const FIRST_THRESHOLD = 0.2;

export function suggestionsStore(above: number, rejected: readonly string[]): Store<SuggestionsState> {
  return new Store<SuggestionsState>({
    load: { kind: "loading" },
    all: [],
    undecided: [],
    shown: [],
    above,
    rejected: new Set(rejected),
    pointed: null,
    stepped: false,
    given: null,
    gathered: [],
    requested: [],
    slow: false,
    looked: [],
    text: { kind: "idle" },
  });
}

/** The suggestion that is pointed at, if it is shown. */
export function pointedOf({ pointed, shown }: SuggestionsState): Suggestion | null {
  return shown.find(({ uid }) => uid === pointed) ?? null;
}
