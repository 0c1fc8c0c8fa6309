/** Side by side: the labels as they were, in a second view that follows the first. */

import type { Editor } from "../editor";
import { Stage } from "../view/canvas";
import { drawMask } from "../view/paint";
import { colorFor } from "./colors";

/** While it is on, the left half of the image area shows before, the right half now; returns how to stop. */
export function showBefore(
  editor: Editor,
  host: HTMLElement,
  stage: Stage,
  watch: (moved: () => void) => () => void,
): () => void {
  const { review, store } = editor;
  let end: (() => void) | null = null;
  const start = () => {
    const other = document.createElement("div");
    other.className = "stage before-view";
    other.dataset["testid"] = "before-view";
    other.setAttribute("role", "img");
    other.setAttribute("aria-label", "The labels before");
    host.before(other);
    host.parentElement?.toggleAttribute("data-sides", true);
    const second = new Stage(other, editor.boot.image, () => {});
    const paint = () => {
      const { picture, display } = store.get();
      const { old } = review.store.get();
      second.paint("picture", picture && ((surface) => picture.draw(surface)));
      second.paint("kept", (surface) => {
        for (const { uid, category, patch } of old ?? []) {
          const color = colorFor(editor, category, uid);
          const fill = display.outlines ? 0 : display.fill;
          drawMask(surface, patch, { color, fill, line: 1.25, bright: false });
        }
      });
    };
    const follow = () => second.move(stage.viewport);
    paint();
    requestAnimationFrame(follow); // both halves know their sizes
    const stops = [
      watch(follow),
      store.watch((now, before) => (now.picture !== before.picture || now.display !== before.display) && paint()),
      review.store.watch((now, before) => now.old !== before.old && paint()),
    ];
    end = () => {
      for (const stop of stops) stop();
      second.dispose();
      other.remove();
      host.parentElement?.toggleAttribute("data-sides", false);
      end = null;
    };
  };
  const stop = review.store.watch(({ sideBySide }, before) => {
    if (sideBySide === before.sideBySide) return;
    if (sideBySide) start();
    else end?.();
  });
  return () => {
    stop();
    end?.();
  };
}
