// A question in a native <dialog>. Focus stays inside; Escape means no.

import { element } from "./dom";

/** Ask; resolves to whether the person agreed. `yes` names the action ("Delete"), not just "OK". */
export function confirmed(question: string, yes: string): Promise<boolean> {
  const dialog = element("dialog", "dialog");
  const form = element("form", "dialog__form");
  form.method = "dialog";
  const actions = element("div", "form-actions");
  const cancel = element("button", "button", "Cancel");
  cancel.value = "no";
  const agree = element("button", "button button--primary button--destroy", yes);
  agree.value = "yes";
  actions.append(cancel, agree);
  form.append(element("p", "dialog__text", question), actions);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus(); // Enter by habit destroys nothing
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
