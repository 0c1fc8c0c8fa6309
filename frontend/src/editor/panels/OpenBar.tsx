/** The strip under the image: what can be done with the open object, or how to begin one. */

import { useEditor, useEditorState } from "./context";
import { Icon } from "./icons";

export function OpenBar() {
  const editor = useEditor();
  const open = useEditorState((state) => state.open);
  const active = useEditorState((state) => state.activeCategory);
  const begun = useEditorState((state) => state.kept.length > 0 || state.finishing.length > 0);
  const ready = useEditorState((state) => state.encoding.state === "ready");
  if (!editor.canLabel) return null;
  if (!open) {
    if (begun || !ready) return null;
    return (
      <div class="open-bar hint">
        Click an object to mask it. Right-click what does not belong. <kbd>Enter</kbd> keeps it.
      </div>
    );
  }
  const category = editor.category(open.category ?? active);
  const clicks = open.clicks.length;
  return (
    <div class="open-bar" role="toolbar" aria-label="Open object" data-testid="open-object">
      <span class="color-chip" style={{ background: category?.color }} />
      <span class="open-name">{category?.name ?? "No class"}</span>
      <span class="muted">
        {clicks} {clicks === 1 ? "click" : "clicks"}
      </span>
      <span class="open-steps">
        <button
          type="button"
          class="ghost small"
          title="Undo click (Ctrl+Z)"
          aria-label="Undo click"
          disabled={clicks <= open.checking}
          onClick={() => editor.undo()}
        >
          <Icon name="undo" />
        </button>
        <button
          type="button"
          class="ghost small"
          title="Redo click (Ctrl+Y)"
          aria-label="Redo click"
          disabled={open.undone.length === 0}
          onClick={() => editor.redo()}
        >
          <Icon name="redo" />
        </button>
      </span>
      <button type="button" class="small" onClick={() => editor.cancel()}>
        Cancel <kbd>Esc</kbd>
      </button>
      <button type="button" class="primary small" data-testid="keep" onClick={() => editor.keep()}>
        Keep <kbd>Enter</kbd>
      </button>
    </div>
  );
}
