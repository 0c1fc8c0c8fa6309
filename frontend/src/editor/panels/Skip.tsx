/** The dialog that asks why an image is skipped: a key for each usual reason, and a text field. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Modal } from "./Modal";
import { useEditor, useEditorState } from "./context";
import { digit } from "./keys";

const REASONS = ["Nothing to label", "Blurred or too dark", "Duplicate image", "Unclear how to label it"];
const LONGEST = 200;

export function SkipDialog() {
  const editor = useEditor();
  const before = useEditorState((state) => state.reason);
  const close = () => editor.store.set({ dialog: null });
  const press = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    const reason = REASONS[(digit(event) ?? 0) - 1];
    if (!reason) return;
    event.preventDefault();
    void editor.image.skip(reason);
  };
  return (
    <Modal title="Skip this image" id="skip" onClose={close}>
      <div onKeyDown={press}>
        <p class="muted">
          Skipped images leave the queue and aren't exported as labeled. The reason is shown with the image.
        </p>
        <UsualReasons before={before} />
        <OwnReason before={REASONS.includes(before) ? "" : before} />
      </div>
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
      </div>
    </Modal>
  );
}

function UsualReasons({ before }: { before: string }) {
  const editor = useEditor();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <ul class="skip-reasons" role="list">
      {REASONS.map((reason, index) => (
        <li key={reason}>
          <button
            type="button"
            class="row"
            ref={index === 0 ? first : null}
            aria-pressed={reason === before}
            onClick={() => void editor.image.skip(reason)}
          >
            <span class="row-name">{reason}</span>
            <kbd>{index + 1}</kbd>
          </button>
        </li>
      ))}
    </ul>
  );
}

function OwnReason({ before }: { before: string }) {
  const editor = useEditor();
  const [words, setWords] = useState(before);
  const submit = (event: Event) => {
    event.preventDefault();
    if (words.trim()) void editor.image.skip(words.trim());
  };
  return (
    <form class="skip-words" onSubmit={submit}>
      <input
        type="text"
        maxLength={LONGEST}
        value={words}
        placeholder="Another reason"
        aria-label="Another reason"
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <button type="submit" class="primary" aria-disabled={!words.trim()}>
        Skip
      </button>
    </form>
  );
}
