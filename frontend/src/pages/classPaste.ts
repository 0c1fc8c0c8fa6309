// Asking for a list of classes: names, one a line, or JSON, pasted or out of a file. The server reads it.

import type * as server from "../shared/server_types";
import { element } from "./dom";
import { send } from "./http";

export type PastedClass = server.ClassData;

/** What somebody gave; empty when they gave nothing. What can't be read is told in the dialog. */
export function pastedClasses(): Promise<readonly PastedClass[]> {
  const dialog = element("dialog", "dialog dialog--wide");
  const form = element("form", "dialog__form");
  const label = element("label", "field__label", "One class a line, or JSON as “Export as JSON” writes it");
  const text = element("textarea", "input");
  text.rows = 10;
  text.placeholder = "car\nperson\nroad";
  const file = element("input");
  file.type = "file";
  file.accept = ".json,.txt,application/json,text/plain";
  file.ariaLabel = "Read the list from a file";
  const error = element("p", "field__error");
  error.role = "alert";
  const actions = element("div", "form-actions");
  const cancel = element("button", "button", "Cancel");
  cancel.type = "button";
  const add = element("button", "button button--primary", "Add classes");
  add.type = "submit";
  actions.append(cancel, add);
  label.append(text);
  form.append(label, file, error, actions);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  text.focus();
  file.addEventListener("change", () => void file.files?.[0]?.text().then((read) => (text.value = read)));
  cancel.addEventListener("click", () => dialog.close());
  let found: readonly PastedClass[] = [];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send<server.ClassList>("POST", "/api/class-lists", { text: text.value }).then(
      ({ results }) => {
        found = results;
        dialog.close();
      },
      (problem: unknown) => (error.textContent = (problem as Error).message),
    );
  });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(found);
    });
  });
}
