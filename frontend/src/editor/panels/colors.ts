/** The colour in which an object is shown. */

import type { Editor } from "../editor";
import { objectColor } from "../view/displaySettings";

const UNKNOWN_CLASS = "#9aa3b5";

/** That of its class, or its own where the person wants that. */
export function colorFor(editor: Editor, category: number | null, uid?: string): string {
  if (uid && editor.store.get().display.byObject) return objectColor(uid);
  return editor.classes.category(category)?.color ?? UNKNOWN_CLASS;
}
