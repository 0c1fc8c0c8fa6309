/** Suggestions for tests. */

import type { Box } from "../lib/geometry";
import { viewCounts } from "../mask/rle";
import { patchOf, spansOf } from "../mask/spans";
import type { SuggestionData } from "../server/types";
import type { Suggestion } from "./offer";

const VIEW = { width: 100, height: 60 };

/** A filled box of a view of 100 × 60 pixels. */
export function rectangle(uid: string, box: Box, more: Partial<Suggestion> = {}): Suggestion {
  const [, , width, height] = box;
  const patch = patchOf(spansOf({ box, runs: [0, width * height] }, VIEW.height), VIEW.height);
  const counts = viewCounts(patch, VIEW.width, VIEW.height);
  const area = width * height;
  const empty = { word: "", category: null, clicks: [], basis: null };
  return { uid, method: "everything", score: 0.5, counts, area, patch, ...empty, ...more };
}

/** The same as the API writes it. */
export function written({ patch: _patch, ...rest }: Suggestion): SuggestionData {
  return { ...rest, clicks: [], basis: null };
}
