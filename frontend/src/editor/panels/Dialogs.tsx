/** The modal dialogs. */

import { ConflictDialog } from "./Conflict";
import { Help } from "./Help";
import { SkipDialog } from "./Skip";
import { useEditor, useEditorState } from "./context";

export function Dialogs() {
  const editor = useEditor();
  const help = useEditorState((state) => state.help);
  const conflict = useEditorState((state) => state.conflict);
  const dialog = useEditorState((state) => state.dialog);
  return (
    <>
      {help && !conflict && <Help onClose={() => editor.window.toggle("help")} />}
      {dialog === "skip" && !conflict && <SkipDialog />}
      {conflict && <ConflictDialog conflict={conflict} />}
    </>
  );
}
