/** The bar under the image: the open object with its actions, or a hint about the tool. */

import { said } from "../lib/keyCombos";
import { useStore } from "../lib/store";
import { clicksOf, recipeOf } from "../model/work";
import { percent } from "../suggestions/offer";
import { pointedOf } from "../suggestions/state";
import { Claims } from "./Claims";
import { useEditor, useEditorState } from "./context";
import { hintOf, momentOf, partsOf } from "./hints";
import { keysOf } from "./keys";

/** Prompts that the model has to answer. */
const NEEDS_ENCODING = new Set(["click", "box"]);

export function OpenBar() {
  const editor = useEditor();
  const open = useEditorState((state) => state.open !== null);
  // A banner says that the image is not prepared, and what that means for clicks.
  const quiet = useEditorState((state) => state.encoding.state !== "ready" && NEEDS_ENCODING.has(state.tool));
  if (!editor.permission.canLabel) return null;
  if (open) return <OpenObject />;
  if (quiet) return null;
  return (
    <div class="open-bar hint" data-testid="hint">
      <Stepped />
      <Hint />
    </div>
  );
}

function OpenObject() {
  const editor = useEditor();
  const active = useEditorState((state) => state.activeCategory);
  const open = useEditorState((state) => state.open);
  if (!open) return null;
  const category = editor.classes.category(recipeOf(open).category ?? active);
  const clicks = clicksOf(open).length;
  return (
    <div class="open-bar" role="toolbar" aria-label="Open object" data-testid="open-object">
      <span class="color-chip" style={{ background: category?.color }} />
      <span class="open-name" dir="auto" title={category?.name}>
        {category?.name ?? "No class"}
      </span>
      {clicks > 0 && (
        <span class="muted">
          {clicks} {clicks === 1 ? "click" : "clicks"}
        </span>
      )}
      {editor.panoptic.on && <Claims />}
      <button type="button" class="small" onClick={() => editor.openObject.cancel()}>
        Cancel <kbd>Esc</kbd>
      </button>
      <button type="button" class="primary small" data-testid="keep" onClick={() => editor.openObject.keep()}>
        Keep <kbd>Enter</kbd>
      </button>
      <span class="open-hint muted" data-testid="hint">
        <Hint />
      </span>
    </div>
  );
}

/** What the tool in use does now. */
function Hint() {
  const editor = useEditor();
  const outlining = useStore(editor.tools.pointing, () => editor.tools.busy); // a polygon's sketch comes and goes with it
  const suggested = useStore(editor.suggestions.store, (state) => state.shown.length);
  const tool = useEditorState((state) => state.tool);
  const moment = useEditorState(momentOf);
  return (
    <span>
      {partsOf(hintOf(tool, moment, outlining, suggested)).map((part, index) => {
        if ("words" in part) return part.words;
        return <kbd key={index}>{"key" in part ? part.key : said(keysOf(part.action)[0] ?? "no key")}</kbd>;
      })}
    </span>
  );
}

/** Which suggestion was stepped to, for eyes and ears. */
function Stepped() {
  const editor = useEditor();
  const { store } = editor.suggestions;
  const on = useEditorState((state) => state.tool === "suggest");
  const total = useStore(store, (state) => state.shown.length);
  const stepped = useStore(store, (state) => (state.stepped ? pointedOf(state) : null));
  const place = useStore(store, ({ shown, pointed }) => shown.findIndex(({ uid }) => uid === pointed) + 1);
  if (!on) return null;
  const name =
    stepped && ((stepped.category && editor.classes.category(stepped.category)?.name) || stepped.word || "no class");
  return (
    <strong role="status">
      {stepped && `${place} of ${total}`}
      {stepped && <span class="visually-hidden">{`: ${name}, confidence ${percent(stepped.score)}`}</span>}
    </strong>
  );
}
