/** A panel's title that folds and unfolds the panel. The browser remembers it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useEditor } from "./context";

export interface Fold {
  readonly folded: boolean;
  set(folded: boolean): void;
}

/** `atFirst`: as long as nobody folded or unfolded it. */
export function useFold(section: string, atFirst = false): Fold {
  const editor = useEditor();
  const [folded, setFolded] = useState(() => editor.window.isFolded(section) ?? atFirst);
  const set = (next: boolean) => {
    editor.window.fold(section, next);
    setFolded(next);
  };
  return { folded, set };
}

export function FoldTitle({ id, fold, children }: { id: string; fold: Fold; children: ComponentChildren }) {
  return (
    <h2 id={id} class="fold-title">
      <button type="button" class="fold" aria-expanded={!fold.folded} onClick={() => fold.set(!fold.folded)}>
        {children}
      </button>
    </h2>
  );
}
