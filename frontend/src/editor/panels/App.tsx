/** The window: bar on top, tools on the left, image, panels on the right. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Editor } from "../editor";
import { Attributes } from "./Attributes";
import { Canvas } from "./Canvas";
import { Classes } from "./Classes";
import { Comments } from "./Comments";
import { Dialogs } from "./Dialogs";
import { DisplayPanel } from "./DisplayPanel";
import { FilmstripPanel } from "./FilmstripPanel";
import { Instructions } from "./Instructions";
import { Minimap } from "./Minimap";
import { Note } from "./Note";
import { Notices, Toast } from "./Notices";
import { Objects } from "./Objects";
import { OpenBar } from "./OpenBar";
import { CompareBar } from "./Review";
import { SmallWindow, useSmallWindow } from "./SmallWindow";
import { Suggestions } from "./Suggestions";
import { Toolbar, ToolOptions } from "./Toolbar";
import { TopBar } from "./TopBar";
import { ViewBar } from "./ViewBar";
import { EditorContext, useEditorState } from "./context";
import { WorkPanel } from "./WorkPanel";
import { listenToKeys } from "./keyboard";
import type { ViewControls } from "./viewControls";

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
  const lease = useEditorState((state) => state.lease.kind); // every panel shows anew what may be done
  useEditorState((state) => state.keys); // buttons say their keys
  useEditorState((state) => state.judging);
  useEditorState((state) => state.closed);
  useEditorState((state) => state.viewOnly);
  useEditorState((state) => state.project); // classes, and what the person may do
  useEditorState((state) => state.save.kind === "gone");
  useEffect(() => listenToKeys(editor, controls, spaceHeld), [editor]);
  const roomy = useRoom();
  const { small, choose } = useSmallWindow(editor);
  if (small === "ask") return <SmallWindow choose={choose} />;
  return (
    <div
      class="editor"
      data-testid="editor"
      data-state={encoding}
      data-connection={connection}
      data-lease={lease}
      data-small={small ?? undefined}
      onMouseDown={keepFocus}
      onContextMenu={keepMenuAway}
    >
      <TopBar label={small === "view" ? () => choose("label") : null}>{roomy && <ToolOptions />}</TopBar>
      <Toolbar />
      <main class="stage-area">
        <Canvas controls={controls} spaceHeld={spaceHeld} />
        <div class="stage-head">
          {!roomy && <ToolOptions />}
          <Notices />
        </div>
        <Toast />
        <Minimap controls={controls} />
        <DisplayPanel />
        <Foot controls={controls} />
      </main>
      <FilmstripPanel />
      <aside class="panels" aria-label="Classes and objects">
        <div class="panels-above">
          <Instructions />
          <WorkPanel />
          <Comments />
          <Note />
          <Classes />
          <Attributes />
          <Suggestions />
        </div>
        <Objects />
      </aside>
      <Dialogs />
    </div>
  );
}

function Foot({ controls }: { controls: { current: ViewControls | null } }) {
  return (
    <div class="stage-foot">
      <div class="stage-foot-bars">
        <ViewBar controls={controls} />
        <CompareBar />
      </div>
      <OpenBar />
    </div>
  );
}

/** Whether the bar on top has room for the tool's options; else they lie over the image. */
function useRoom(): boolean {
  const [query] = useState(() => matchMedia("(min-width: 70rem)"));
  const [roomy, setRoomy] = useState(query.matches);
  useEffect(() => {
    const changed = () => setRoomy(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  return roomy;
}

/** A button pressed with the mouse does not take the focus: the next Enter is meant for the object.
 * What can be dragged has to take it, and gives it back itself. */
function keepFocus(event: MouseEvent): void {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button && !button.closest("[draggable=true]")) event.preventDefault();
}

/** The browser's menu would come with every slip of the right button; in fields, dialogs and texts, and on links it is wanted. */
function keepMenuAway(event: MouseEvent): void {
  if (event.target instanceof Element && !event.target.closest("input, textarea, dialog, a, p")) event.preventDefault();
}
