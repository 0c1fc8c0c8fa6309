import { useEffect, useRef } from "preact/hooks";
import { recipeOf } from "../model/work";
import type { State } from "../state";
import { FoldTitle, useFold } from "./Fold";
import { useEditor, useEditorState } from "./context";

export function Classes() {
  const editor = useEditor();
  const { categories, url } = editor.boot.project;
  const active = useEditorState(shownClass);
  const about = useEditorState((state) => (state.open ? 0 : state.selection.length || (state.selected ? 1 : 0)));
  const kept = useEditorState((state) => state.kept);
  const begun = useEditorState((state) => state.classKeys);
  const fold = useFold("classes");
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const chosen = list.current!.querySelector<HTMLElement>("[aria-pressed=true]");
    if (!chosen) return;
    scrollInside(list.current!, chosen);
    const around = list.current!.closest<HTMLElement>(".panels-above"); // scrolls by itself in a low window
    if (around) scrollInside(around, chosen);
  }, [active, fold.folded, kept.length]);
  const count = (number: number) => kept.filter(({ category }) => category === number).length;
  return (
    <section class="panel" aria-labelledby="classes-title">
      <FoldTitle id="classes-title" fold={fold}>
        Class
        {about > 0 && (
          <span class="count">{about === 1 ? "of the selected object" : `of ${about} selected objects`}</span>
        )}
        {begun && <BegunKeys keys={begun} />}
      </FoldTitle>
      {categories.length === 0 && (
        <p class="panel-empty">
          This project has no classes yet. A manager can add them in the <a href={`${url}settings`}>project settings</a>
          .
        </p>
      )}
      <ul ref={list} class="class-choices" role="list" hidden={fold.folded}>
        {categories.map(({ number, name, color, hotkey, kind }) => (
          <li key={number}>
            <button
              type="button"
              class={begun && !hotkey?.startsWith(begun) ? "row row-faint" : "row"}
              aria-pressed={active === number}
              disabled={!editor.permission.canLabel}
              title={`${name} – ${kind === "thing" ? "countable objects" : "uncountable regions"}`}
              data-testid="class"
              data-class={number}
              onClick={() => editor.classes.choose(number)}
            >
              <span class="color-chip" style={{ background: color }} />
              <span class="row-name" dir="auto">
                {name}
              </span>
              {count(number) > 0 && <span class="count">{count(number)}</span>}
              {hotkey !== null && <ClassKeys keys={hotkey} />}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What was pressed of a class's keys; the next one is waited for. */
function BegunKeys({ keys }: { keys: string }) {
  return (
    <span class="count" role="status" data-testid="class-keys">
      <ClassKeys keys={keys} /> …
    </span>
  );
}

/** Keys that are pressed one after the other. */
export function ClassKeys({ keys }: { keys: string }) {
  return (
    <span class="class-keys">
      {Array.from(keys, (key, place) => (
        <kbd key={place}>{key.toUpperCase()}</kbd>
      ))}
    </span>
  );
}

/** The class of the open object, or of the selected ones (null where they differ), or for the next one. */
export function shownClass({ open, selection, selected, kept, activeCategory }: State): number | null {
  if (open) return recipeOf(open).category ?? activeCategory;
  const uids = new Set(selection.length > 0 ? selection : selected ? [selected] : []);
  const found = new Set(kept.filter(({ uid }) => uids.has(uid)).map(({ category }) => category));
  return found.size === 0 ? activeCategory : found.size === 1 ? [...found][0]! : null;
}

/** Brings it into sight in its list, and moves nothing around that. */
function scrollInside(list: HTMLElement, child: HTMLElement): void {
  const [outer, inner] = [list.getBoundingClientRect(), child.getBoundingClientRect()];
  if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
}
