// Links that are shown once, with a button that copies them.

import { all } from "./dom";
import { toast } from "./toast";

/** Make the copy buttons work where the browser allows it, and select a shown link when it is clicked. */
export function setUpCopies(): void {
  for (const input of all<HTMLInputElement>("[data-select-all]")) {
    input.addEventListener("focus", () => input.select());
  }
  for (const button of all<HTMLButtonElement>("[data-copy]")) {
    button.hidden = !("clipboard" in navigator); // only over HTTPS and on localhost
    button.addEventListener("click", () => void copy(button.dataset["copy"] ?? ""));
  }
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Link copied.", "success");
  } catch {
    toast("The browser did not allow copying. Select the link and copy it.", "error");
  }
}
