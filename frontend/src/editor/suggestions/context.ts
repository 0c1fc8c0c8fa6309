/** What suggestions use of the editor. */

import type { History } from "../editing/history";
import type { State } from "../state";
import type { Store } from "../lib/store";
import type { Toasts } from "../editing/toasts";
import type { Toolbox } from "../editing/tools/toolbox";
import type { Point } from "../view/viewport";
import { isBlank, type Work } from "../model/work";
import type { Workbench } from "../editing/workbench";

export interface Desk {
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
export function closeBlank(editor: Store<State>, desk: Pick<Desk, "bench">): void {
  const { open } = editor.get();
  if (open && isBlank(open)) desk.bench.close(open.uid);
}
