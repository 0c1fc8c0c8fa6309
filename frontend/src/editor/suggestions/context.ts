/** What suggestions use of the editor. */

import type { History } from "../editing/history";
import type { Toasts } from "../editing/toasts";
import type { Toolbox } from "../editing/tools/toolbox";
import type { Workbench } from "../editing/workbench";
import type { Point } from "../lib/geometry";
import type { Store } from "../lib/store";
import { isBlank, type Work } from "../model/work";
import type { State } from "../state";

export interface SuggestionsContext {
  /** Whether the person may change the image, now. */
  readonly canLabel: boolean;
  /** The same; says why not. */
  may(): boolean;
  readonly history: Pick<History, "commit" | "note">;
  readonly bench: Pick<Workbench, "close">;
  readonly tools: Pick<Toolbox, "choose">;
  readonly toasts: Pick<Toasts, "say">;
  click(at: Point, positive: boolean): void;
  openInstead(work: Work): void;
  /** Say what was just done, with a way to take it back. */
  offerUndo(text: string, label: string): void;
}

/** Close an open object that has nothing: suggestions show only while no object is open. */
export function closeBlank(editor: Store<State>, context: Pick<SuggestionsContext, "bench">): void {
  const { open } = editor.get();
  if (open && isBlank(open)) context.bench.close(open.uid);
}
