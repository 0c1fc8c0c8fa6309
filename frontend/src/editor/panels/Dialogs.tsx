/** The modal dialogs. */

import { ConflictDialog } from "./Conflict";
import { Help } from "./Help";
import { JumpDialog } from "./Jump";
import { OpenComments } from "./OpenComments";
import { OverrideSheet, SendBackSheet } from "./Review";
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
      {dialog === "sendBack" && !conflict && <SendBackSheet />}
      {dialog === "override" && !conflict && <OverrideSheet />}
      {dialog === "openComments" && !conflict && <OpenComments />}
      {dialog === "jump" && !conflict && <JumpDialog />}
      {conflict && <ConflictDialog conflict={conflict} />}
    </>
  );
}
