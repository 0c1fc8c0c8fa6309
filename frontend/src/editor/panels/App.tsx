/** The window: bar on top, image, panels on the right. The keyboard is heard here. */

import { useEffect, useRef } from "preact/hooks";
import type { Editor } from "../editor";
import { actionOf, belongsTo, type Action } from "../keys";
import { Canvas, type ViewControls } from "./Canvas";
import { Classes } from "./Classes";
import { EditorContext, useEditorState } from "./context";
import { Dialogs } from "./Dialogs";
import { Instructions } from "./Instructions";
import { Notices, Toast } from "./Notices";
import { Objects } from "./Objects";
import { OpenBar } from "./OpenBar";
import { TopBar } from "./TopBar";
import { ViewBar } from "./ViewBar";

export function App({ editor }: { editor: Editor }) {
  return (
    <EditorContext.Provider value={editor}>
      <Window editor={editor} />
    </EditorContext.Provider>
  );
}

function Window({ editor }: { editor: Editor }) {
  const controls = useRef<ViewControls>(null);
  const spaceHeld = useRef(false);
  const encoding = useEditorState((state) => state.encoding.state);
  const connection = useEditorState((state) => state.connection);
  useEffect(() => listenToKeys(editor, controls, spaceHeld), [editor]);
  return (
    <div class="editor" data-testid="editor" data-state={encoding} data-connection={connection} onMouseDown={keepFocus}>
      <TopBar />
      <main class="stage-area">
        <Canvas controls={controls} spaceHeld={spaceHeld} />
        <Notices />
        <Toast />
        <div class="stage-foot">
          <ViewBar controls={controls} />
          <OpenBar />
        </div>
      </main>
      <aside class="panels" aria-label="Classes and objects">
        <Instructions />
        <Classes />
        <Objects />
      </aside>
      <Dialogs />
    </div>
  );
}

/** A button pressed with the mouse does not take the focus: the next Enter is meant for the object. */
function keepFocus(event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
}

function listenToKeys(
  editor: Editor,
  controls: { current: ViewControls | null },
  space: { current: boolean },
): () => void {
  const stop = new AbortController();
  const hold = (held: boolean) => {
    space.current = held;
    document.documentElement.toggleAttribute("data-space", held);
  };
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || belongsTo(document.activeElement, event.key)) return;
    const { help, conflict } = editor.store.get();
    if (conflict || (help && event.key !== "?")) return; // the dialog has the keyboard
    if (event.code === "Space") {
      event.preventDefault();
      hold(true);
      return;
    }
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    const once = !["undo", "redo", "zoomIn", "zoomOut"].includes(action);
    if (!(once && event.repeat)) perform(editor, controls.current, action);
  };
  window.addEventListener("keydown", down, { signal: stop.signal });
  window.addEventListener("keyup", (event) => event.code === "Space" && hold(false), { signal: stop.signal });
  window.addEventListener("blur", () => hold(false), { signal: stop.signal });
  // The image area shows its focus ring to those who got there with Tab; it would frame every click otherwise.
  const tabbed = (event: Event) =>
    document.documentElement.toggleAttribute("data-tabbed", event instanceof KeyboardEvent);
  const tab = (event: KeyboardEvent) => event.key === "Tab" && tabbed(event);
  window.addEventListener("keydown", tab, { signal: stop.signal });
  window.addEventListener("pointerdown", tabbed, { signal: stop.signal });
  return () => stop.abort();
}

function perform(editor: Editor, view: ViewControls | null, action: Action): void {
  switch (action) {
    case "keep":
      return editor.keep();
    case "cancel":
      return editor.cancel();
    case "undo":
      return editor.undo();
    case "redo":
      return editor.redo();
    case "delete":
      return editor.removeSelected();
    case "next":
      return void editor.next();
    case "previous":
      return void editor.previous();
    case "finish":
      return void editor.finish();
    case "fit":
      return view?.fit();
    case "actualSize":
      return view?.actualSize();
    case "zoomIn":
      return view?.zoom(1.25);
    case "zoomOut":
      return view?.zoom(1 / 1.25);
    case "hide":
      return editor.toggle("hidden");
    case "help":
      return editor.toggle("help");
    default:
      return editor.chooseByHotkey(Number(action.slice("category".length)));
  }
}
