/** What annotators have to say about the image. Saved like any change; reviewers read it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useEditor, useEditorState } from "./context";
import { NOTE_FIELD } from "./focus";

/** A pause in typing after which the note is saved. */
const PAUSE_MS = 2_500;
const LONGEST = 2_000;

export function Note() {
  const editor = useEditor();
  const note = useEditorState((state) => state.note);
  const loading = useEditorState((state) => state.save.kind === "loading");
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef<string | null>(null);
  latest.current = draft;
  const save = () => {
    if (latest.current !== null) editor.image.setNote(latest.current);
    setDraft(null);
  };
  useEffect(() => {
    if (draft === null) return;
    const timer = setTimeout(() => editor.image.setNote(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  useEffect(
    () => () => {
      if (latest.current !== null) editor.image.setNote(latest.current);
    },
    [],
  );
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
      {editor.permission.canLabel ? (
        <textarea
          id={NOTE_FIELD}
          rows={2}
          maxLength={LONGEST}
          value={draft ?? note}
          readOnly={loading}
          placeholder="Note for reviewers"
          aria-label="Note about this image"
          onInput={(event) => setDraft(event.currentTarget.value)}
          onBlur={save}
          onKeyDown={(event) => {
            if (event.key !== "Escape" && !(event.key === "Enter" && (event.ctrlKey || event.metaKey))) return;
            event.preventDefault();
            event.stopPropagation();
            event.currentTarget.blur();
          }}
        />
      ) : (
        <p>{note}</p>
      )}
    </details>
  );
}
