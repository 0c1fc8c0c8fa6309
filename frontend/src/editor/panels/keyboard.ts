/** Listens to keys anywhere in the window. */

import type { Editor } from "../editor";
import { comboOf } from "../lib/keyCombos";
import { actionOf, belongsTo, heldOf, plainKey } from "./keys";
import { perform, SHORTCUTS, type Pressed } from "./shortcuts";
import type { ViewControls } from "./viewControls";

/** Until the returned function is called. `space` is told whether the space bar is down. */
export function listenToKeys(
  editor: Editor,
  controls: { current: ViewControls | null },
  space: { current: boolean },
): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const context = () => ({ editor, view: controls.current });
  const hold = (held: boolean) => {
    space.current = held;
    document.documentElement.toggleAttribute("data-space", held);
  };
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || belongsTo(document.activeElement, event.key)) return;
    const { help, conflict, dialog } = editor.store.get();
    if (conflict || dialog || (help && event.key !== "?")) return; // the dialog has the keyboard
    if (isOfClass(editor, event)) return event.preventDefault();
    if (event.code === "Space") {
      event.preventDefault();
      hold(true);
    } else if (heldOf(event)) {
      if (!event.repeat) heldOf(event)?.hold?.(context(), true);
    } else {
      const pressed = actionOf(event);
      if (!pressed) return;
      event.preventDefault();
      if (!event.repeat || goesOn(pressed)) perform(context(), pressed);
    }
  };
  const up = (event: KeyboardEvent) => {
    if (event.code === "Space") hold(false);
    heldOf(event)?.hold?.(context(), false);
  };
  const leave = () => {
    hold(false);
    for (const shortcut of SHORTCUTS) shortcut.hold?.(context(), false);
  };
  window.addEventListener("keydown", down, options);
  window.addEventListener("keyup", up, options);
  window.addEventListener("blur", leave, options);
  // Alt alone would give the focus to the browser's menu after a stroke with Alt.
  window.addEventListener("keyup", (event) => event.key === "Alt" && event.preventDefault(), options);
  // The image area shows its focus ring to those who got there with Tab; it would frame every click otherwise.
  const tabbed = (event: Event) =>
    document.documentElement.toggleAttribute("data-tabbed", event instanceof KeyboardEvent);
  window.addEventListener("keydown", (event) => event.key === "Tab" && tabbed(event), options);
  window.addEventListener("pointerdown", tabbed, options);
  return () => stop.abort();
}

/** Whether the press is one of a class's keys, or takes back those that were pressed before. */
function isOfClass(editor: Editor, event: KeyboardEvent): boolean {
  const key = plainKey(event);
  if (key) return !event.repeat && editor.classes.press(key);
  return comboOf(event) !== null && editor.classes.forgetKeys() && event.key === "Escape";
}

/** Whether it is done again and again while its key is held. */
function goesOn(pressed: Pressed): boolean {
  return SHORTCUTS.some(({ action, repeats }) => action === pressed && repeats);
}
