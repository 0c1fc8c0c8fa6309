import { useEffect, useRef } from "preact/hooks";
import type { Kept } from "../model/kept";
import { recipeOf } from "../model/work";
import { RowAction } from "./RowAction";
import { Thumbnail } from "./Thumbnail";
import { objectColor } from "../view/displaySettings";
import { useEditor, useEditorState } from "./context";
import { Icon, type IconName } from "./icons";
import { keyOf } from "./keys";
import type { Action } from "./shortcuts";
import { perform } from "./shortcuts";
import { pixels } from "./words";

export function Objects() {
  const editor = useEditor();
  const kept = useEditorState((state) => state.kept);
  const finishing = useEditorState((state) => state.finishing);
  const loading = useEditorState((state) => !state.loaded);
  const chosen = useEditorState((state) => state.selection.length);
  const isolated = useEditorState((state) => state.marks.isolated !== null);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => followSelected(list.current!, editor), [editor]);
  return (
    <section
      class="panel panel-grow"
      aria-labelledby="objects-title"
      style={{ "--rows": kept.length + finishing.length }}
    >
      <div class="panel-head">
        <h2 id="objects-title">
          Objects{" "}
          {!(loading && kept.length === 0) && (
            <span class="count">{chosen > 0 ? `${chosen} of ${kept.length} selected` : kept.length}</span>
          )}
        </h2>
        {isolated && (
          <button type="button" class="link-button" onClick={() => editor.marks.isolate()}>
            Show all
          </button>
        )}
        <HideMasks />
      </div>
      {kept.length > 0 && editor.permission.canLabel && <Commands />}
      {kept.length + finishing.length === 0 && !loading && (
        <p class="panel-empty">
          {editor.permission.canLabel
            ? "No objects yet. Objects you keep are listed here."
            : "No objects on this image."}
        </p>
      )}
      <ol
        ref={list}
        class="object-list"
        role="list"
        aria-label="Objects in drawing order; the last one is on top"
        onMouseLeave={() => editor.selection.hover(null)}
        onKeyDown={(event) => chooseByKey(list.current!, event, editor)}
      >
        {kept.map((one, index) => (
          <ObjectRow key={one.uid} kept={one} ordinal={index + 1} />
        ))}
        {finishing.map((work) => (
          <li key={work.uid} class="object-row object-waiting" data-testid="finishing">
            <span class="color-chip" style={{ background: editor.classes.category(recipeOf(work).category)?.color }} />
            <span class="row-name">{editor.classes.category(recipeOf(work).category)?.name ?? "Object"}</span>
            <span class="area">waiting for the mask</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const COMMANDS: readonly (readonly [action: Action & IconName, name: string, least: number])[] = [
  ["merge", "Merge", 2],
  ["split", "Split into parts", 1],
  ["duplicate", "Duplicate", 1],
  ["raise", "Move up in the drawing order", 1],
  ["lower", "Move down in the drawing order", 1],
  ["isolate", "Show only the selected objects", 1],
];

/** What can be done with the chosen objects. */
function Commands() {
  const editor = useEditor();
  const subjects = useEditorState((state) => {
    const { selection, open, selected } = state;
    return selection.length || (open || selected ? 1 : 0);
  });
  return (
    <div class="object-commands" role="toolbar" aria-label="Actions for the selected objects">
      {COMMANDS.map(([action, name, least]) => (
        <RowAction
          key={action}
          icon={action}
          name={name}
          title={`${name} (${keyOf(action)})`}
          testId={`command-${action}`}
          disabled={subjects < least}
          onClick={() => perform({ editor, view: null }, action)}
        />
      ))}
    </div>
  );
}

function ObjectRow({ kept, ordinal }: { kept: Kept; ordinal: number }) {
  const editor = useEditor();
  const { uid } = kept;
  const chosen = useEditorState((state) => state.selected === uid || state.selection.includes(uid));
  const hidden = useEditorState((state) => state.marks.hidden.has(uid));
  const locked = useEditorState((state) => state.marks.locked.has(uid));
  const name = editor.classes.category(kept.category)?.name ?? "Unknown class";
  const what = `${name}, object ${ordinal}`;
  return (
    <li
      class="object-row"
      data-testid="object"
      data-uid={uid}
      data-area={kept.area}
      data-class={kept.category}
      data-hidden={hidden || undefined}
      data-locked={locked || undefined}
      aria-current={chosen ? "true" : undefined}
      onMouseEnter={() => editor.selection.hover(uid)}
      {...(editor.permission.canLabel && dragging(uid, editor.objects))}
    >
      <ObjectButton kept={kept} name={name} said={`${what}, ${pixels(kept.area)}${locked ? ", locked" : ""}`} />
      <Mark name={`Hide ${what}`} icon={hidden ? "eyeOff" : "eye"} action="hideOne" on={hidden} uid={uid} />
      {editor.permission.canLabel && (
        <>
          <Mark name={`Lock ${what}`} icon={locked ? "lock" : "unlock"} action="lock" on={locked} uid={uid} />
          <RowAction
            icon="trash"
            kind="danger"
            name={`Delete ${what}`}
            title="Delete (Delete key)"
            testId="delete"
            onClick={() => editor.openObject.remove(uid)}
          />
        </>
      )}
    </li>
  );
}

/** The object's picture, class and area: what selects and opens it. */
function ObjectButton({ kept, name, said }: { kept: Kept; name: string; said: string }) {
  const editor = useEditor();
  const { uid } = kept;
  const chosen = useEditorState((state) => state.selected === uid || state.selection.includes(uid));
  const byObject = useEditorState((state) => state.display.byObject);
  const color = byObject ? objectColor(uid) : (editor.classes.category(kept.category)?.color ?? "");
  const click = (event: MouseEvent) => {
    (event.currentTarget as HTMLElement).focus(); // the arrow keys go on from here
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.shiftKey) editor.selection.extend(uid, ctrl);
    else if (ctrl) editor.selection.toggle(uid);
    else editor.selection.pick(uid);
  };
  return (
    <button
      type="button"
      class="row"
      onContextMenu={(event) => {
        event.preventDefault(); // a long touch is one, too: there is no Ctrl
        editor.selection.toggle(uid);
      }}
      data-item
      aria-label={said}
      aria-pressed={chosen}
      title={name}
      onClick={click}
      onDblClick={() => openIt(editor, uid)}
      onFocus={() => editor.selection.hover(uid)}
      onBlur={() => editor.selection.hover(null)}
    >
      <Thumbnail patch={kept.patch} color={color} />
      <span class="object-words">
        <span class="row-name" dir="auto">
          {name}
        </span>
        <span class="area">
          {kept.crowd && "Crowd, "}
          {pixels(kept.area)}
        </span>
      </span>
    </button>
  );
}

interface MarkProps {
  name: string;
  icon: IconName;
  action: "hideOne" | "lock";
  on: boolean;
  uid: string;
}

function Mark({ name, icon, action, on, uid }: MarkProps) {
  const editor = useEditor();
  const title = action === "lock" ? (on ? "Unlock" : "Lock") : on ? "Show" : "Hide";
  return (
    <RowAction
      icon={icon}
      name={name}
      title={`${title} (${keyOf(action)})`}
      testId={action === "lock" ? "lock" : "hide-one"}
      pressed={on}
      onClick={() => editor.marks.mark(action === "lock" ? "locked" : "hidden", [uid])}
    />
  );
}

/** Dragging a row, alone or with the other chosen ones, to another place of the list. */
function dragging(uid: string, objects: ReturnType<typeof useEditor>["objects"]) {
  const half = (event: DragEvent) => {
    const { top, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return event.clientY > top + height / 2 ? "after" : "before";
  };
  const mark = (event: DragEvent, place: string | null) => {
    const row = event.currentTarget as HTMLElement;
    if (place) row.dataset["drop"] = place;
    else delete row.dataset["drop"];
  };
  return {
    draggable: window.matchMedia("(hover: hover)").matches, // a long touch chooses
    onDragStart: (event: DragEvent) => event.dataTransfer?.setData("application/x-interlabel-object", uid),
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("application/x-interlabel-object")) return;
      event.preventDefault();
      mark(event, half(event));
    },
    onDragLeave: (event: DragEvent) => mark(event, null),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      mark(event, null);
      const dragged = event.dataTransfer?.getData("application/x-interlabel-object");
      if (dragged) objects.drop(dragged, uid, half(event) === "after");
    },
  };
}

/** The keyboard is the image's again: the next keys are about the object. */
function openIt(editor: ReturnType<typeof useEditor>, uid: string): void {
  editor.openObject.refine(uid);
  if (editor.store.get().open) document.querySelector<HTMLElement>(".stage")?.focus({ preventScroll: true });
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** Arrow keys, Home and End choose another row; with Shift all up to it, with Ctrl they only go there. */
function chooseByKey(list: HTMLElement, event: KeyboardEvent, editor: ReturnType<typeof useEditor>): void {
  const rows = [...list.querySelectorAll<HTMLElement>("li[data-uid]")];
  const at = rows.indexOf(document.activeElement?.closest<HTMLElement>("li[data-uid]") ?? list);
  const ctrl = event.ctrlKey || event.metaKey;
  const onRow = document.activeElement?.matches("button.row") ?? false;
  if (
    event.key === "Enter" &&
    onRow &&
    !ctrl &&
    !event.shiftKey &&
    !editor.store.get().open &&
    editor.permission.canLabel
  ) {
    openIt(editor, rows[at]!.dataset["uid"]!);
  } else if (event.key === " " && ctrl && onRow) editor.selection.toggle(rows[at]!.dataset["uid"]!);
  else {
    const by = STEPS[event.key];
    if (by === undefined || at < 0) return;
    const row = rows[Math.min(rows.length - 1, Math.max(0, at + by))]!;
    row.querySelector<HTMLElement>("button.row")!.focus();
    const uid = row.dataset["uid"]!;
    if (event.shiftKey) editor.selection.extend(uid);
    else if (!ctrl) editor.selection.pick(uid);
  }
  event.preventDefault();
  event.stopPropagation();
}

/** The row of what was just chosen or kept is in sight. */
function followSelected(list: HTMLElement, editor: ReturnType<typeof useEditor>): () => void {
  const show = (uid: string | undefined) =>
    requestAnimationFrame(() => {
      list.querySelector(`[data-uid="${uid}"]`)?.scrollIntoView({ block: "nearest" });
    });
  return editor.store.watch((state, before) => {
    if (state.selected && state.selected !== before.selected) show(state.selected);
    else if (state.kept.length === before.kept.length + 1) show(state.kept.at(-1)?.uid);
  });
}

function HideMasks() {
  const editor = useEditor();
  const hidden = useEditorState((state) => state.hidden);
  return (
    <button
      type="button"
      class="ghost small"
      aria-pressed={hidden}
      aria-label="Hide masks"
      title={hidden ? "Show masks (H)" : "Hide masks (H)"}
      onClick={() => editor.window.toggle("hidden")}
    >
      <Icon name={hidden ? "eyeOff" : "eye"} />
    </button>
  );
}
