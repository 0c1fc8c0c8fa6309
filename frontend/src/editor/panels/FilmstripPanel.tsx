/** The filmstrip: thumbnails of images, with filters. */

import { useEffect, useRef } from "preact/hooks";
import type { ImageItem } from "../../shared/types";
import { useStore } from "../lib/store";
import type { Which } from "../server/types";
import { useEditor } from "./context";
import { Icon } from "./icons";
import { keyOf } from "./keys";

const FILTERS: readonly (readonly [which: Which, name: string])[] = [
  ["all", "All images"],
  ["todo", "To do"],
  ["unlabeled", "Without objects"],
  ["mine", "Edited by me"],
  ["done", "Done"],
  ["skipped", "Skipped"],
  ["noted", "With a note"],
];
/** Pixels before an end at which more is loaded. */
const NEAR_END = 600;

export function FilmstripPanel() {
  const { filmstrip } = useEditor();
  const shown = useStore(filmstrip.store, (state) => state.shown);
  return shown ? <Shown /> : null;
}

function Shown() {
  const editor = useEditor();
  const { filmstrip } = editor;
  const items = useStore(filmstrip.store, (state) => state.items);
  const state = useStore(filmstrip.store, (one) => one.state);
  const list = useRef<HTMLOListElement>(null);
  const current = editor.boot.image.id;
  const first = items[0]?.id;
  const anchor = useRef<{ id: number | undefined; width: number }>({ id: first, width: 0 });
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current, state]);
  // What is put before must not move what one looks at.
  useEffect(() => {
    const { scrollWidth = 0 } = list.current ?? {};
    const before = anchor.current;
    if (list.current && before.id !== first && items.some(({ id }) => id === before.id)) {
      list.current.scrollLeft += scrollWidth - before.width;
    }
    anchor.current = { id: first, width: scrollWidth };
  }, [first, items.length]);
  const scrolled = () => {
    const { scrollLeft, scrollWidth, clientWidth } = list.current!;
    if (scrollLeft < NEAR_END) void filmstrip.extend(-1);
    if (scrollWidth - scrollLeft - clientWidth < NEAR_END) void filmstrip.extend(1);
  };
  return (
    <nav class="filmstrip" aria-label="Images of the project" data-testid="filmstrip" onKeyDown={move}>
      <Filters />
      {state === "failed" ? (
        <p class="filmstrip-empty">
          The images can't be loaded.{" "}
          <button type="button" class="link-button" onClick={() => void filmstrip.load()}>
            Try again
          </button>
        </p>
      ) : items.length === 0 ? (
        <p class="filmstrip-empty">{state === "loading" ? "Loading…" : "No images match this filter."}</p>
      ) : (
        <ol class="filmstrip-list" role="list" ref={list} onScroll={scrolled}>
          {items.map((item) => (
            <Thumbnail key={item.id} item={item} current={item.id === current} />
          ))}
        </ol>
      )}
      <button
        type="button"
        class="ghost small filmstrip-close"
        title={`Close the image strip (${keyOf("strip")})`}
        aria-label="Close the image strip"
        onClick={() => filmstrip.toggle()}
      >
        <Icon name="close" />
      </button>
    </nav>
  );
}

function Filters() {
  const editor = useEditor();
  const { filmstrip } = editor;
  const { which, category } = useStore(filmstrip.store, (state) => state.filter);
  return (
    <div class="filmstrip-filters">
      <select
        aria-label="Filter images"
        data-testid="filmstrip-filter"
        value={which}
        onChange={(event) => filmstrip.choose({ which: event.currentTarget.value as Which, category })}
      >
        {FILTERS.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Filter by class"
        data-testid="filmstrip-class"
        value={category ?? ""}
        onChange={(event) => filmstrip.choose({ which, category: Number(event.currentTarget.value) || null })}
      >
        <option value="">Any class</option>
        {editor.boot.project.categories.map(({ number, name }) => (
          <option key={number} value={number}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Thumbnail({ item, current }: { item: ImageItem; current: boolean }) {
  const editor = useEditor();
  const said = stateOf(item);
  const name = item.name.split("/").at(-1) ?? item.name;
  const go = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // another tab
    event.preventDefault();
    if (!current) void editor.nextImage.visit(item.editor);
  };
  return (
    <li>
      <a
        class="thumb"
        href={item.editor}
        aria-current={current ? "page" : undefined}
        aria-label={`${name}, ${said}${item.note ? ", with a note" : ""}`}
        title={[name, said, item.note].filter(Boolean).join("\n")}
        data-testid="thumb"
        data-image={item.id}
        data-status={item.status}
        onClick={go}
      >
        <img src={item.thumbnail} alt="" loading="lazy" decoding="async" />
        {item.status !== "new" && <span class="thumb-mark" data-status={item.status} aria-hidden="true" />}
        {item.note && <span class="thumb-note" aria-hidden="true" />}
      </a>
    </li>
  );
}

function stateOf({ status, skipped, objects, state }: ImageItem): string {
  if (status === "done") return "done";
  if (status === "skipped") return `skipped: ${skipped}`;
  if (objects > 0) return objects === 1 ? "1 object" : `${objects} objects`;
  return state === "ready" ? "no objects" : state === "failed" ? "preparation failed" : "preparing";
}

/** Arrow keys lead along the thumbnails; elsewhere in the window they mean next and previous image. */
function move(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const here = document.activeElement?.closest("li");
  if (!by || !here || !(event.currentTarget instanceof HTMLElement)) return;
  event.preventDefault();
  event.stopPropagation();
  const neighbour = by > 0 ? here.nextElementSibling : here.previousElementSibling;
  neighbour?.querySelector("a")?.focus();
}
