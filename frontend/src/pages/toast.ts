// Short messages at the bottom of the page.

import { all, element, need } from "./dom";

export type ToastKind = "success" | "info" | "error";

const SHOWN_MS = 6000;

/** Show a message. Errors stay until they are closed. */
export function toast(text: string, kind: ToastKind = "info"): void {
  const box = element("div", `toast toast--${kind}`);
  if (kind === "error") box.role = "alert";
  const close = element("button", "toast__close", "×");
  close.type = "button";
  close.ariaLabel = "Close this message";
  box.append(element("span", "", text), close);
  need("#toasts").append(box);
  live(box, close);
}

/** Give the messages that came with the page the same behaviour. */
export function setUpToasts(): void {
  for (const box of all("[data-toast]")) live(box, need("[data-toast-close]", box));
}

function live(box: HTMLElement, close: HTMLElement): void {
  close.addEventListener("click", () => box.remove());
  if (!box.classList.contains("toast--error")) setTimeout(() => box.remove(), SHOWN_MS);
}
