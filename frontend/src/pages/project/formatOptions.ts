// The options of a format in a form: only those of the chosen format are shown, and sent.

import { all } from "../dom";

export function showOptionsOf(form: HTMLFormElement): void {
  const format = new FormData(form).get("format");
  for (const options of all<HTMLFieldSetElement>("[data-options-of]", form)) {
    options.disabled = options.hidden = options.dataset["optionsOf"] !== format;
    showAskedOf(options);
  }
}

/** An option that means something only beside another choice is shown, and sent, only then. */
function showAskedOf(options: HTMLFieldSetElement): void {
  for (const label of all("[data-when]", options)) {
    const [name, value] = label.dataset["when"]!.split("=");
    const other = options.querySelector<HTMLSelectElement>(`[name="${name}"]`);
    const field = label.querySelector<HTMLInputElement | HTMLSelectElement>("[data-option]");
    label.hidden = other?.value !== value;
    if (field) field.disabled = label.hidden;
  }
}

export function optionsIn(form: HTMLFormElement): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const field of all<HTMLInputElement | HTMLSelectElement>("[data-option]", form)) {
    if (field.matches(":disabled")) continue;
    options[field.name] = valueOf(field);
  }
  return options;
}

function valueOf(field: HTMLInputElement | HTMLSelectElement): unknown {
  if (field instanceof HTMLSelectElement) return field.value;
  if (field.type === "checkbox") return field.checked;
  return field.type === "number" ? field.valueAsNumber : field.value;
}
