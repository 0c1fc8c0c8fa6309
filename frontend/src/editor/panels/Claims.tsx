/** Panoptic projects: how many pixels of the open object other objects keep, and the rule's switch. */

import { useEditor, useEditorState } from "./context";
import { pixels } from "./words";

export function Claims() {
  const editor = useEditor();
  const yields = useEditorState((state) => state.yields);
  const claim = useEditorState((state) => state.open && editor.panoptic.claimOf(state.open));
  const taken = claim?.taken.reduce((total, one) => total + one.pixels, 0) ?? 0;
  const told = [
    taken > 0 &&
      `takes ${pixels(taken)} from ${claim!.taken.length} ${claim!.taken.length === 1 ? "object" : "objects"}`,
    claim && claim.denied > 0 && `${pixels(claim.denied)} stay with other objects`,
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
            ? "The object gets only pixels that belong to no other object. Click to take pixels from the objects below it (Y)."
            : "The object takes pixels from the objects below it. Objects above it and locked objects keep theirs. Click to use only free pixels (Y)."
        }
        onClick={() => editor.panoptic.toggleYields()}
      >
        {yields ? "Only free pixels" : "Take from below"} <kbd>Y</kbd>
      </button>
    </>
  );
}
