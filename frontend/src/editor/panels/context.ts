/** Gives the editor to every panel. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Editor } from "../editor";
import { useStore } from "../lib/store";
import type { State } from "../state";

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("This panel is outside the editor.");
  return editor;
}

/** A part of the editor's state. */
export function useEditorState<Part>(select: (state: State) => Part): Part {
  return useStore(useEditor().store, select);
}
