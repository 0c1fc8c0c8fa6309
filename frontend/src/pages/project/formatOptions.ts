// The options of a format in a form: only those of the chosen format are shown, and sent. What a person chose for one
// format holds for every other that has the option.

import { all } from "../dom";

type Field = HTMLInputElement | HTMLSelectElement;

const choices = new WeakMap<HTMLFormElement, Map<string, string | boolean>>();

export function showOptionsOf(form: HTMLFormElement): void {
  const chosen = choicesIn(form);
  const format = new FormData(form).get("format");
  for (const options of all<HTMLFieldSetElement>("[data-options-of]", form)) {
    options.disabled = options.hidden = options.dataset["optionsOf"] !== format;
    if (!options.hidden) choose(options, chosen);
    showAskedOf(options);
  }
}

function choicesIn(form: HTMLFormElement): Map<string, string | boolean> {
  const known = choices.get(form);
  if (known) return known;
  const chosen = new Map<string, string | boolean>();
  choices.set(form, chosen);
  const remember = (event: Event) => {
    const field = event.target as Field;
    if (field.matches("[data-option]")) chosen.set(field.name, isCheck(field) ? field.checked : field.value);
  };
  form.addEventListener("change", remember, { capture: true });
  return chosen;
}

function choose(options: HTMLFieldSetElement, chosen: ReadonlyMap<string, string | boolean>): void {
  for (const field of all<Field>("[data-option]", options)) {
    const choice = chosen.get(field.name);
    if (typeof choice === "boolean" && isCheck(field)) field.checked = choice;
    else if (typeof choice === "string" && !isCheck(field) && takes(field, choice)) field.value = choice;
  }
}

function isCheck(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "checkbox";
}

function takes(field: Field, value: string): boolean {
  return field instanceof HTMLInputElement || [...field.options].some((one) => one.value === value);
}

/** An option that means something only beside another choice is shown, and sent, only then. */
function showAskedOf(options: HTMLFieldSetElement): void {
  for (const label of all("[data-when]", options)) {
    const [name, value] = label.dataset["when"]!.split("=");
    const other = options.querySelector<HTMLSelectElement>(`[name="${name}"]`);
    const field = label.querySelector<Field>("[data-option]");
    label.hidden = other?.value !== value;
    if (field) field.disabled = label.hidden;
  }
}

export function optionsIn(form: HTMLFormElement): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const field of all<Field>("[data-option]", form)) {
    if (field.matches(":disabled")) continue;
    options[field.name] = valueOf(field);
  }
  return options;
}

function valueOf(field: Field): unknown {
  if (field instanceof HTMLSelectElement) return field.value;
  if (field.type === "checkbox") return field.checked;
  return field.type === "number" ? field.valueAsNumber : field.value;
}
