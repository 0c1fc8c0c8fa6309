// The options of a format in a form: only those of the chosen format are shown, and sent.

import { all } from "../dom";

export function showOptionsOf(form: HTMLFormElement): void {
  const format = new FormData(form).get("format");
  for (const options of all<HTMLFieldSetElement>("[data-options-of]", form)) {
    options.disabled = options.hidden = options.dataset["optionsOf"] !== format;
  }
}

export function optionsIn(form: HTMLFormElement): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const field of all<HTMLInputElement | HTMLSelectElement>("[data-option]", form)) {
    if (field.matches(":disabled")) continue;
    options[field.name] = field instanceof HTMLInputElement && field.type === "checkbox" ? field.checked : field.value;
  }
  return options;
}
