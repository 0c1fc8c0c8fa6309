/** The strip under the image: what is open, and how to end it; or how to begin. */

import { clicksOf, recipeOf } from "../work";
import { Claims } from "./Claims";
import { useEditor, useEditorState } from "./context";
import { SuggestionHint } from "./Suggestions";

export function OpenBar() {
  const editor = useEditor();
  const open = useEditorState((state) => state.open);
  const active = useEditorState((state) => state.activeCategory);
  const begun = useEditorState((state) => state.kept.length > 0 || state.finishing.length > 0);
  const ready = useEditorState((state) => state.encoding.state === "ready");
  const tool = useEditorState((state) => state.tool);
  if (!editor.canLabel) return null;
  if (!open && tool === "suggest") return <SuggestionHint />;
  if (!open) {
    if (begun || !ready) return null;
    return (
      <div class="open-bar hint">
        Click an object to outline it. Right-click to remove an area. <kbd>Enter</kbd> keeps the object.
      </div>
    );
  }
  const category = editor.category(recipeOf(open).category ?? active);
  const clicks = clicksOf(open).length;
  return (
    <div class="open-bar" role="toolbar" aria-label="Open object" data-testid="open-object">
      <span class="color-chip" style={{ background: category?.color }} />
      <span class="open-name">{category?.name ?? "No class"}</span>
      {clicks > 0 && (
        <span class="muted">
          {clicks} {clicks === 1 ? "click" : "clicks"}
        </span>
      )}
      {editor.objects.panoptic && <Claims />}
      <button type="button" class="small" onClick={() => editor.cancel()}>
        Cancel <kbd>Esc</kbd>
      </button>
      <button type="button" class="primary small" data-testid="keep" onClick={() => editor.keep()}>
        Keep <kbd>Enter</kbd>
      </button>
    </div>
  );
}
