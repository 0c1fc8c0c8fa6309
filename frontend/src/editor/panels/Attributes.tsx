/** The fields for the project's attributes, of the open or the selected objects. */

import { recipeOf } from "../model/work";
import type { AttributeDefinition, Attributes as Values } from "../server/types";
import { useEditor, useEditorState } from "./context";
import { ATTRIBUTES_PANEL } from "./focus";

const NONE: Values = {};

type Value = Values[string] | undefined;

export function Attributes() {
  const editor = useEditor();
  const asked = editor.boot.project.attributes;
  const open = useEditorState((state) => state.open && (recipeOf(state.open).attributes ?? NONE));
  return asked.length === 0 ? null : <Fields asked={asked} open={open} />;
}

function Fields({ asked, open }: { asked: readonly AttributeDefinition[]; open: Values | null }) {
  const editor = useEditor();
  const kept = useEditorState((state) => state.kept);
  const selection = useEditorState((state) => state.selection);
  const selected = useEditorState((state) => state.selected);
  const uids = selection.length > 0 ? selection : selected ? [selected] : [];
  const chosen = open ? [open] : kept.filter(({ uid }) => uids.includes(uid)).map(({ attributes }) => attributes);
  if (chosen.length === 0) return null;
  return (
    <section class="panel attributes" id={ATTRIBUTES_PANEL} aria-labelledby="attributes-title" data-testid="attributes">
      <h2 id="attributes-title">
        Attributes {chosen.length > 1 && <span class="count">of {chosen.length} objects</span>}
      </h2>
      {asked.map((one) => {
        const values = chosen.map((attributes) => attributes[String(one.number)]);
        const same = values.every((value) => value === values[0]);
        return (
          <Field
            key={one.number}
            definition={one}
            value={same ? values[0] : undefined}
            mixed={!same}
            disabled={!editor.permission.canLabel}
            answer={(value) => editor.objects.answer(one.number, value)}
          />
        );
      })}
    </section>
  );
}

const NUMBER = { type: "number", step: "any" } as const;
const TEXT = { type: "text", maxLength: 1000 } as const;

interface FieldProps {
  definition: AttributeDefinition;
  value: Value;
  /** The chosen objects have several answers. */
  mixed: boolean;
  disabled: boolean;
  answer: (value: Value) => void;
}

function Field(props: FieldProps) {
  const { definition, value, mixed, disabled, answer } = props;
  const id = `attribute-${definition.number}`;
  if (definition.kind === "flag") {
    return (
      <label class="attribute-flag">
        <input
          type="checkbox"
          checked={value === true}
          disabled={disabled}
          ref={(box) => {
            if (box) box.indeterminate = mixed;
          }}
          onChange={(event) => answer(event.currentTarget.checked)}
        />
        {definition.name}
      </label>
    );
  }
  return (
    <div class="attribute-field">
      <label for={id}>{definition.name}</label>
      {definition.kind === "choice" ? (
        <Choice {...props} id={id} />
      ) : (
        <input
          {...(definition.kind === "number" ? NUMBER : TEXT)}
          id={id}
          autocomplete="off"
          placeholder={mixed ? "several values" : ""}
          value={value === undefined ? "" : String(value)}
          disabled={disabled}
          onKeyDown={leaveField}
          onChange={(event) => answer(read(definition.kind, event.currentTarget))}
        />
      )}
    </div>
  );
}

function Choice({ id, definition, value, mixed, disabled, answer }: FieldProps & { id: string }) {
  const shown = value === undefined ? "" : String(value);
  const gone = shown !== "" && !definition.choices.includes(shown);
  return (
    <select
      id={id}
      disabled={disabled}
      value={shown}
      onKeyDown={leaveField}
      onChange={(event) => answer(event.currentTarget.value || undefined)}
    >
      <option value="">{mixed ? "several values" : "–"}</option>
      {definition.choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
      {gone && <option value={shown}>{shown}</option>}
    </select>
  );
}

function read(kind: AttributeDefinition["kind"], input: HTMLInputElement): Value {
  if (kind !== "number") return input.value.trim() || undefined;
  return input.value === "" || !Number.isFinite(input.valueAsNumber) ? undefined : input.valueAsNumber;
}

/** Enter and Esc take the answer and give the keyboard back to the image. */
function leaveField(event: KeyboardEvent): void {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  (event.currentTarget as HTMLElement).blur();
  document.querySelector<HTMLElement>(".stage")?.focus();
}
