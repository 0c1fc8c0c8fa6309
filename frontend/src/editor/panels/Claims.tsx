/** In a panoptic project: whose pixels the open object takes, and the rule. */

import { useEditor, useEditorState } from "./context";
import { pixels } from "./words";

export function Claims() {
  const editor = useEditor();
  const yields = useEditorState((state) => state.yields);
  const claim = useEditorState((state) => state.open && editor.objects.claimOf(state.open));
  const taken = claim?.taken.reduce((total, one) => total + one.pixels, 0) ?? 0;
  const told = [
    taken > 0 && `takes ${pixels(taken)} from ${claim!.taken.length}`,
    claim && claim.denied > 0 && `${pixels(claim.denied)} stay others’`,
  ].filter((one) => one);
  return (
    <>
      {told.length > 0 && (
        <span class="muted" data-testid="claims">
          {told.join(", ")}
        </span>
      )}
      <button
        type="button"
        class="small"
        aria-pressed={yields}
        data-testid="yields"
        title={
          yields
            ? "It gets only pixels that belong to no object. Press to take from the objects below it (Y)"
            : "It takes pixels from the objects below it; those above it and locked ones keep theirs. Press for free pixels only (Y)"
        }
        onClick={() => editor.objects.toggleYields()}
      >
        {yields ? "Free pixels only" : "Takes from below"} <kbd>Y</kbd>
      </button>
    </>
  );
}
