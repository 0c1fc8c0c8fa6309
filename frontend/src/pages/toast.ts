// Short messages at the bottom of the page.

import { all, element, need } from "./dom";

export type ToastKind = "success" | "info" | "error";

const SHOWN_MS = 6000;

/** Milliseconds for a message with something to press. */
const SHOWN_WITH_ACTION_MS = 15_000;

/** Show a message. Errors stay until they are closed. `action`: a button in it. */
export function toast(text: string, kind: ToastKind = "info", action?: { label: string; act: () => void }): void {
  const box = element("div", `toast toast--${kind}`);
  if (kind === "error") box.role = "alert";
  const close = element("button", "toast__close", "×");
  close.type = "button";
  close.ariaLabel = "Close this message";
  box.append(element("span", "", text));
  if (action) {
    const button = element("button", "button button--small", action.label);
    button.type = "button";
    button.addEventListener("click", () => {
      box.remove();
      action.act();
    });
    box.append(button);
  }
  box.append(close);
  need("#toasts").append(box);
  live(box, close, action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
}

const AFTER_RELOAD = "toast-after-reload";

/** Load the page anew and say something there. */
export function reloadWith(text: string): void {
  sessionStorage.setItem(AFTER_RELOAD, text);
  location.reload();
}

/** Give the messages that came with the page the same behaviour. */
export function setUpToasts(): void {
  for (const box of all("[data-toast]")) live(box, need("[data-toast-close]", box));
  const told = sessionStorage.getItem(AFTER_RELOAD);
  sessionStorage.removeItem(AFTER_RELOAD);
  if (told && document.querySelector("#toasts")) toast(told, "success");
}

function live(box: HTMLElement, close: HTMLElement, shown = SHOWN_MS): void {
  close.addEventListener("click", () => box.remove());
  if (!box.classList.contains("toast--error")) setTimeout(() => box.remove(), shown);
}
