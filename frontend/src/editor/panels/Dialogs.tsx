/** The two modal dialogs: the sheet of keys, and the conflict. */

import { GESTURES, GROUPS, SHORTCUTS } from "../keys";
import { ConflictDialog } from "./Conflict";
import { useEditor, useEditorState } from "./context";
import { Modal } from "./Modal";
import { SkipDialog } from "./Skip";

export function Dialogs() {
  const editor = useEditor();
  const help = useEditorState((state) => state.help);
  const conflict = useEditorState((state) => state.conflict);
  const dialog = useEditorState((state) => state.dialog);
  return (
    <>
      {help && !conflict && <Help onClose={() => editor.toggle("help")} />}
      {dialog === "skip" && !conflict && <SkipDialog />}
      {conflict && <ConflictDialog conflict={conflict} />}
    </>
  );
}

function Help({ onClose }: { onClose: () => void }) {
  return (
    <Modal title="Keys and gestures" id="help" onClose={onClose}>
      <div class="help-columns">
        <HelpList title="Mouse" rows={GESTURES} />
        {GROUPS.map((group) => (
          <HelpList
            key={group}
            title={group}
            rows={[
              ...(group === "Object" ? [{ shown: "1 – 9", what: "Choose the class" }] : []),
              ...SHORTCUTS.filter((one) => one.group === group),
            ]}
          />
        ))}
      </div>
      <div class="dialog-actions">
        <button type="button" class="primary" onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
    </Modal>
  );
}

function HelpList({ title, rows }: { title: string; rows: readonly { shown: string; what: string }[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(({ shown, what }) => (
          <div key={shown}>
            <dt>{title === "Mouse" ? shown : <Keys shown={shown} />}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Keys({ shown }: { shown: string }) {
  return (
    <>
      {shown.split(" or ").map((combination, index) => (
        <span key={combination}>
          {index > 0 && " or "}
          {combination === "1 – 9" ? <kbd>1 – 9</kbd> : combination.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}
        </span>
      ))}
    </>
  );
}
