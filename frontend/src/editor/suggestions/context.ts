/** The parts of the editor that suggestions use. */

import type { History } from "../editing/history";
import type { Permission } from "../editing/permission";
import type { Toasts } from "../editing/toasts";
import type { Toolbox } from "../editing/tools/toolbox";
import type { Workbench } from "../editing/workbench";
import type { Point } from "../lib/geometry";
import type { Store } from "../lib/store";
import { isBlank, type Work } from "../model/work";
import type { Boot } from "../server/types";
import type { State } from "../state";

export interface SuggestionsContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly permission: Permission;
  readonly history: Pick<History, "commit" | "note">;
  readonly bench: Pick<Workbench, "close">;
  readonly tools: Pick<Toolbox, "choose">;
  readonly toasts: Pick<Toasts, "say">;
  readonly prompts: { click(at: Point, positive: boolean): void };
  readonly openObject: { openInstead(work: Work): void };
  /** Says what was just done, with a way to take it back. */
  readonly keeping: { offerUndo(text: string, label: string): void };
}

/** Close an open object that has nothing: suggestions show only while no object is open. */
export function closeBlank(editor: Store<State>, context: Pick<SuggestionsContext, "bench">): void {
  const { open } = editor.get();
  if (open && isBlank(open)) context.bench.close(open.uid);
}
