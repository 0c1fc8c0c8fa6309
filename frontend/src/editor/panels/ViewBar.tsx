/** The bar at the bottom left: zoom, display settings, and the latency of the last click. */

import { DisplayButton } from "./DisplayPanel";
import { useEditor, useEditorState } from "./context";
import { Icon } from "./icons";
import { keyOf } from "./keys";
import type { Action } from "./shortcuts";
import { type ViewControls, zoomTo } from "./viewControls";

const ICONS = { zoomOut: "minus", zoomIn: "plus", fit: "fit", zoomObject: "target" } as const;

export function ViewBar({ controls }: { controls: { current: ViewControls | null } }) {
  const editor = useEditor();
  const zoom = useEditorState((state) => Math.round(state.zoom * 100));
  const latency = useEditorState((state) => state.latency);
  const button = (action: Action & keyof typeof ICONS, name: string, run: () => void) => (
    <button type="button" class="ghost small" title={`${name} (${keyOf(action)})`} aria-label={name} onClick={run}>
      <Icon name={ICONS[action]} />
    </button>
  );
  return (
    <div class="view-bar">
      {button("zoomOut", "Zoom out", () => controls.current?.zoom(1 / 1.25))}
      <button
        type="button"
        class="ghost small zoom"
        title={`Zoom to 100 % (${keyOf("actualSize")})`}
        data-testid="zoom"
        onClick={() => controls.current?.actualSize()}
      >
        {zoom} %
      </button>
      {button("zoomIn", "Zoom in", () => controls.current?.zoom(1.25))}
      {button("fit", "Show the whole image", () => controls.current?.fit())}
      {button("zoomObject", "Zoom to the object", () => zoomTo(editor, controls.current))}
      <DisplayButton />
      {latency !== null && (
        <span class="latency" title="Time from the last click to its mask" data-testid="latency">
          {Math.round(latency)} ms
        </span>
      )}
    </div>
  );
}
