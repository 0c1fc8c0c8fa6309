/** The two modal dialogs: the sheet of keys, and the conflict. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Difference, Operation } from "../changes";
import { GESTURES, GROUPS, SHORTCUTS } from "../keys";
import type { Conflict } from "../outbox";
import { useEditor, useEditorState } from "./context";

export function Dialogs() {
  const editor = useEditor();
  const help = useEditorState((state) => state.help);
  const conflict = useEditorState((state) => state.conflict);
  return (
    <>
      {help && !conflict && <Help onClose={() => editor.toggle("help")} />}
      {conflict && <ConflictDialog conflict={conflict} />}
    </>
  );
}

interface ModalProps {
  title: string;
  id: string;
  /** Called for Esc; without it the dialog stays until a button is pressed. */
  onClose?: () => void;
  children: ComponentChildren;
}

function Modal({ title, id, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const cancel = (event: Event) => {
    event.preventDefault();
    onClose?.();
  };
  return (
    <dialog ref={dialog} class="editor-dialog" aria-labelledby={`${id}-title`} data-testid={id} onCancel={cancel}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </dialog>
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

function ConflictDialog({ conflict }: { conflict: Conflict }) {
  const editor = useEditor();
  const other = useEditorState((state) => state.other);
  const { theirs, mine } = conflict;
  const touched = new Set(theirs.objects.map(({ uid }) => uid));
  const both = mine.some((one) => one.kind !== "status" && touched.has(one.uid));
  return (
    <Modal title="This image was changed by someone else" id="conflict">
      <p>
        {other ?? "Someone"} changed this image while you worked on it. Nothing of yours or theirs is overwritten yet.
      </p>
      <div class="conflict-columns">
        <section>
          <h3>Theirs, saved</h3>
          <ul data-testid="theirs">
            {theirs.objects.map((one) => (
              <DifferenceRow key={one.uid} difference={one} />
            ))}
            {theirs.status && <li>Image marked {theirs.status.replace("_", " ")}</li>}
          </ul>
        </section>
        <section>
          <h3>Yours, not saved</h3>
          <ul data-testid="mine">
            {mine.map((one, index) => (
              <OperationRow key={index} operation={one} conflict={conflict} />
            ))}
          </ul>
        </section>
      </div>
      {both && <p class="banner warn">You both changed the same object: keeping yours replaces their change of it.</p>}
      <div class="dialog-actions">
        <button type="button" data-testid="use-theirs" onClick={() => editor.outbox.resolve("theirs")}>
          Use theirs, drop mine
        </button>
        <button
          type="button"
          class="primary"
          autofocus
          data-testid="keep-mine"
          onClick={() => editor.outbox.resolve("mine")}
        >
          Load theirs and add mine
        </button>
      </div>
    </Modal>
  );
}

function DifferenceRow({ difference }: { difference: Difference }) {
  return <ClassRow category={difference.category} what={difference.what} />;
}

function OperationRow({ operation, conflict }: { operation: Operation; conflict: Conflict }) {
  if (operation.kind === "status") return <li>Image marked {operation.status.replace("_", " ")}</li>;
  const what = { create: "added", change: "changed", delete: "removed" }[operation.kind];
  const known = [...conflict.shown, ...conflict.current.annotations].find(({ uid }) => uid === operation.uid);
  const category = operation.kind === "create" ? operation.category : (known?.category ?? 0);
  return <ClassRow category={category} what={what} />;
}

function ClassRow({ category, what }: { category: number; what: string }) {
  const found = useEditor().category(category);
  return (
    <li>
      <span class="color-chip" style={{ background: found?.color }} /> {found?.name ?? "Object"}{" "}
      <span class="muted">{what}</span>
    </li>
  );
}
