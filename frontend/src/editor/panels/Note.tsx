/** The note of an image, from annotators to reviewers. Saved like any other change. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useEditor, useEditorState } from "./context";
import { NOTE_FIELD } from "./focus";

/** A pause in typing after which the note is saved. */
const PAUSE_MS = 2_500;
const LONGEST = 2_000;

export function Note() {
  const editor = useEditor();
  const note = useEditorState((state) => state.note);
  const [open, setOpen] = useState(false);
  if (!editor.permission.canLabel && !note) return null;
  return (
    <details
      class="panel instructions note"
      data-testid={NOTE_FIELD}
      open={open || note !== ""}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        Note{" "}
        {editor.permission.canLabel && !note && !open && (
          <span class="muted" aria-hidden="true">
            for reviewers
          </span>
        )}
      </summary>
      {editor.permission.canLabel ? <NoteField note={note} /> : <p>{note}</p>}
    </details>
  );
}

function NoteField({ note }: { note: string }) {
  const loading = useEditorState((state) => state.save.kind === "loading");
  const { draft, type, save } = useDraft();
  return (
    <textarea
      id={NOTE_FIELD}
      rows={2}
      maxLength={LONGEST}
      value={draft ?? note}
      readOnly={loading}
      placeholder="Note for reviewers"
      aria-label="Note about this image"
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key !== "Escape" && !(event.key === "Enter" && (event.ctrlKey || event.metaKey))) return;
        event.preventDefault();
        event.stopPropagation();
        event.currentTarget.blur();
      }}
    />
  );
}

/** What is typed (null: nothing new), saved after a pause in typing, when the field is left, and with the editor. */
function useDraft(): { draft: string | null; type: (text: string) => void; save: () => void } {
  const editor = useEditor();
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef<string | null>(null);
  latest.current = draft;
  const saveLatest = () => {
    if (latest.current !== null) editor.image.setNote(latest.current);
  };
  useEffect(() => {
    if (draft === null) return;
    const timer = setTimeout(() => editor.image.setNote(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  useEffect(() => saveLatest, []);
  const save = () => {
    saveLatest();
    setDraft(null);
  };
  return { draft, type: setDraft, save };
}
