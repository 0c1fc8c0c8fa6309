import type { Kept } from "../kept";
import { recipeOf } from "../work";
import { useEditor, useEditorState } from "./context";
import { Icon } from "./icons";

const pixels = new Intl.NumberFormat("en-US");

export function Objects() {
  const editor = useEditor();
  const kept = useEditorState((state) => state.kept);
  const finishing = useEditorState((state) => state.finishing);
  const loading = useEditorState((state) => state.save.kind === "loading");
  return (
    <section class="panel panel-grow" aria-labelledby="objects-title">
      <div class="panel-head">
        <h2 id="objects-title">
          Objects <span class="count">{kept.length}</span>
        </h2>
        <HideMasks />
      </div>
      {kept.length + finishing.length === 0 && !loading && (
        <p class="panel-empty">
          {editor.canLabel ? "Nothing kept yet. Objects you keep are listed here." : "No objects on this image."}
        </p>
      )}
      <ol class="object-list" role="list" onMouseLeave={() => editor.hover(null)}>
        {kept.map((one, index) => (
          <ObjectRow key={one.uid} kept={one} ordinal={index + 1} />
        ))}
        {finishing.map((work) => (
          <li key={work.uid} class="object-row object-waiting" data-testid="finishing">
            <span class="color-chip" style={{ background: editor.category(recipeOf(work).category)?.color }} />
            <span class="row-name">{editor.category(recipeOf(work).category)?.name ?? "Object"}</span>
            <span class="area">waiting for its mask</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function ObjectRow({ kept, ordinal }: { kept: Kept; ordinal: number }) {
  const editor = useEditor();
  const selected = useEditorState((state) => state.selected === kept.uid);
  const category = editor.category(kept.category);
  const name = category?.name ?? "Unknown class";
  const open = () => (editor.canLabel ? editor.refine(kept.uid) : editor.select(kept.uid));
  return (
    <li
      class="object-row"
      data-testid="object"
      data-uid={kept.uid}
      data-area={kept.area}
      data-class={kept.category}
      aria-current={selected ? "true" : undefined}
      onMouseEnter={() => editor.hover(kept.uid)}
    >
      <button
        type="button"
        class="row"
        aria-label={`${name}, object ${ordinal}, ${pixels.format(kept.area)} pixels${editor.canLabel ? ": refine" : ""}`}
        onClick={open}
        onFocus={() => editor.hover(kept.uid)}
        onBlur={() => editor.hover(null)}
      >
        <span class="color-chip" style={{ background: category?.color }} />
        <span class="row-name">{name}</span>
        <span class="area">{pixels.format(kept.area)} px</span>
      </button>
      {editor.canLabel && (
        <button
          type="button"
          class="row-action"
          title="Delete (Delete key)"
          aria-label={`Delete ${name}, object ${ordinal}`}
          data-testid="delete"
          onClick={() => editor.remove(kept.uid)}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
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
      onClick={() => editor.toggle("hidden")}
    >
      <Icon name={hidden ? "eyeOff" : "eye"} />
    </button>
  );
}
