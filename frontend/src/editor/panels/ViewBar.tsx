/** Bottom left: zoom, and how fast the last click was answered. */

import { DisplayButton } from "./DisplayPanel";
import { useEditor, useEditorState } from "./context";
import { Icon } from "./icons";
import { keyOf } from "./keys";
import { type ViewControls, zoomTo } from "./viewControls";

export function ViewBar({ controls }: { controls: { current: ViewControls | null } }) {
  const editor = useEditor();
  const zoom = useEditorState((state) => Math.round(state.zoom * 100));
  const latency = useEditorState((state) => state.latency);
  return (
    <div class="view-bar">
      <button
        type="button"
        class="ghost small"
        title={`Zoom out (${keyOf("zoomOut")})`}
        aria-label="Zoom out"
        onClick={() => controls.current?.zoom(1 / 1.25)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        class="ghost small zoom"
        title={`Zoom to 100 % (${keyOf("actualSize")})`}
        data-testid="zoom"
        onClick={() => controls.current?.actualSize()}
      >
        {zoom} %
      </button>
      <button
        type="button"
        class="ghost small"
        title={`Zoom in (${keyOf("zoomIn")})`}
        aria-label="Zoom in"
        onClick={() => controls.current?.zoom(1.25)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        class="ghost small"
        title={`Show the whole image (${keyOf("fit")})`}
        aria-label="Show the whole image"
        onClick={() => controls.current?.fit()}
      >
        <Icon name="fit" />
      </button>
      <button
        type="button"
        class="ghost small"
        title={`Zoom to the object (${keyOf("zoomObject")})`}
        aria-label="Zoom to the object"
        onClick={() => zoomTo(editor, controls.current)}
      >
        <Icon name="target" />
      </button>
      <DisplayButton />
      {latency !== null && (
        <span class="latency" title="Time from the last click to its mask" data-testid="latency">
          {Math.round(latency)} ms
        </span>
      )}
    </div>
  );
}
