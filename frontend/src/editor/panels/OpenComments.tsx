/** Asks what becomes of open comments before the image is finished or accepted. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Modal } from "./Modal";
import { useReview } from "./Review";
import { useEditor } from "./context";

export function OpenComments() {
  const editor = useEditor();
  const { review } = editor;
  const { accepts } = review;
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  useReview((state) => state.data);
  useEffect(() => first.current?.focus(), []);
  const close = () => editor.store.set({ dialog: null });
  const open = review.openComments;
  const goOn = async (end: boolean) => {
    setBusy(true);
    const answered = await review.answer(end).finally(() => setBusy(false));
    if (answered) await (accepts ? review.accept() : editor.image.finish());
  };
  // The last one was marked or deleted meanwhile, here or by somebody else: nothing is left to ask.
  useEffect(() => {
    if (open.length === 0 && !busy) void goOn(false);
  }, [open.length]);
  return (
    <Modal
      title={open.length === 1 ? "1 comment is open" : `${open.length} comments are open`}
      id="open-comments"
      onClose={close}
    >
      <ul class="send-back-list" role="list">
        {open.map((one) => (
          <li key={one.id}>
            <span class="pin-number">{one.number}</span>
            <span>{one.comments[0]?.text}</span>
          </li>
        ))}
      </ul>
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
        <button type="button" disabled={busy} data-testid="leave-open" onClick={() => void goOn(false)}>
          {accepts ? "Accept" : "Finish"}
        </button>
        <button
          ref={first}
          type="button"
          class="primary"
          disabled={busy}
          data-testid="end-comments"
          onClick={() => void goOn(true)}
        >
          {accepts ? "Resolve and accept" : "Mark as fixed and finish"}
        </button>
      </div>
    </Modal>
  );
}
