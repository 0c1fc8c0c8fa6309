/** What suggestions use of the editor. */

import type { History } from "../history";
import type { State } from "../state";
import type { Store } from "../store";
import type { Toasts } from "../toasts";
import type { Toolbox } from "../tools";
import type { Point } from "../viewport";
import { isBlank, type Work } from "../work";
import type { Workbench } from "../workbench";

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
