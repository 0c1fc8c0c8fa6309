import { recipeOf } from "../work";
import { useEditor, useEditorState } from "./context";

export function Classes() {
  const editor = useEditor();
  const { categories, url } = editor.boot.project;
  const active = useEditorState((state) =>
    state.open ? (recipeOf(state.open).category ?? state.activeCategory) : state.activeCategory,
  );
  const kept = useEditorState((state) => state.kept);
  const count = (number: number) => kept.filter(({ category }) => category === number).length;
  return (
    <section class="panel" aria-labelledby="classes-title">
      <h2 id="classes-title">Class</h2>
      {categories.length === 0 && (
        <p class="panel-empty">
          This project has no classes yet. A manager can add them in the <a href={`${url}settings`}>project settings</a>
          .
        </p>
      )}
      <ul class="class-choices" role="list">
        {categories.map(({ number, name, color, hotkey, kind }) => (
          <li key={number}>
            <button
              type="button"
              class="row"
              aria-pressed={active === number}
              disabled={!editor.canLabel}
              title={kind === "thing" ? "Countable objects" : "Regions that are not counted"}
              data-testid="class"
              data-class={number}
              onClick={() => editor.choose(number)}
            >
              <span class="color-chip" style={{ background: color }} />
              <span class="row-name">
                {name} {count(number) > 0 && <span class="count">{count(number)}</span>}
              </span>
              {hotkey !== null && <kbd>{hotkey}</kbd>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
