/** The dialog that goes to an image by its number or name. */

import { useEffect, useRef, useState } from "preact/hooks";
import { wordsOf } from "../server/api";
import { Modal } from "./Modal";
import { useEditor } from "./context";

export function JumpDialog() {
  const editor = useEditor();
  const [words, setWords] = useState("");
  const [trouble, setTrouble] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const close = () => editor.store.set({ dialog: null });
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!words.trim()) return;
    try {
      const found = await editor.nextImage.find(words.trim());
      close();
      await editor.nextImage.visit(found);
    } catch (error) {
      setTrouble(wordsOf(error));
    }
  };
  return (
    <Modal title="Go to an image" id="jump" onClose={close}>
      <form class="skip-words" onSubmit={(event) => void submit(event)}>
        <input
          ref={field}
          type="text"
          maxLength={200}
          value={words}
          placeholder={`Number (1 – ${editor.boot.position.total}) or a part of the name`}
          aria-label="Number or name"
          aria-invalid={trouble !== ""}
          data-testid="jump-to"
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setTrouble("");
          }}
        />
        <button type="submit" class="primary">
          Go
        </button>
      </form>
      <p class="field-error" role="alert">
        {trouble}
      </p>
    </Modal>
  );
}
