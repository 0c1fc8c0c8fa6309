/** The overview map: the whole picture with a frame around the visible part. Shown while only a part is visible. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useEditor, useEditorState } from "./context";
import type { Sight, ViewControls } from "./viewControls";

const LONGEST = 168;
/** CSS pixels: of a very large picture the part in sight would be too small to see. */
const SMALLEST_FRAME = 6;
/** Shown when less than this of the picture is in sight. */
const PART = 0.6;

export function Minimap({ controls }: { controls: { current: ViewControls | null } }) {
  const editor = useEditor();
  const { width, height } = editor.boot.image;
  const wanted = useEditorState((state) => state.display.minimap);
  const picture = useEditorState((state) => state.picture);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [sight, setSight] = useState<Sight>([0, 0, width, height]);
  useEffect(() => controls.current?.watch(setSight), [editor]);
  const [left, top, right, bottom] = sight;
  const part = ((right - left) * (bottom - top)) / (width * height);
  const shown = wanted && picture !== null && part < PART;
  useEffect(() => {
    const context = shown ? canvas.current?.getContext("2d") : null;
    if (context) picture?.drawPart(context, [0, 0, width, height]);
  }, [shown, picture]);
  if (!shown) return null;
  const scale = LONGEST / Math.max(width, height);
  const goTo = (event: PointerEvent) => {
    const bounds = canvas.current!.getBoundingClientRect();
    controls.current?.center({
      x: ((event.clientX - bounds.left) / bounds.width) * width,
      y: ((event.clientY - bounds.top) / bounds.height) * height,
    });
  };
  return (
    <div
      class="minimap"
      data-testid="minimap"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        goTo(event);
      }}
      onPointerMove={(event) => event.buttons > 0 && goTo(event)}
    >
      <canvas ref={canvas} width={Math.round(width * scale)} height={Math.round(height * scale)} />
      <div
        class="minimap-frame"
        style={{
          ...span("left", "width", left * scale, right * scale),
          ...span("top", "height", top * scale, bottom * scale),
        }}
      />
    </div>
  );
}

/** One side of the frame, around its middle when it is too small to be seen. */
function span(start: "left" | "top", length: "width" | "height", from: number, to: number): Record<string, string> {
  const least = Math.max(to - from, SMALLEST_FRAME);
  return { [start]: `${(from + to - least) / 2}px`, [length]: `${least}px` };
}
