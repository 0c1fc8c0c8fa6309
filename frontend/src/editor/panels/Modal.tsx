/** A modal dialog: it has the keyboard until it is closed. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface ModalProps {
  title: string;
  id: string;
  /** Called for Esc; without it the dialog stays until a button is pressed. */
  onClose?: () => void;
  children: ComponentChildren;
}

export function Modal({ title, id, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    if (dialog.current) dialog.current.scrollTop = 0; // the focused button is at the foot
    return () => before instanceof HTMLElement && before.focus();
  }, []);
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
