/** Changes that can't be saved, one by one: of this image, of one that is gone, and of others. */

import { useMemo, useState } from "preact/hooks";
import { GONE } from "../editing/news";
import { area, patchOfView, RleError, type Patch } from "../mask/rle";
import { flat, type Operation } from "../model/changes";
import { hasClass, reasonOf, type RefusedChange } from "../saving/refused";
import { Banner } from "./Banner";
import { Thumbnail } from "./Thumbnail";
import { useEditor, useEditorState } from "./context";
import { pixels } from "./words";

export function UnsavedNotice() {
  const refused = useEditorState((state) => state.refused);
  const gone = useEditorState((state) => state.save.kind === "gone");
  if (refused.length === 0 || gone) return null;
  return (
    <Banner id="refused" tone="bad">
      <strong>{refused.length === 1 ? "1 change is not saved." : `${refused.length} changes are not saved.`}</strong>
      <ul class="unsaved-list" role="list" tabIndex={0} aria-label="Changes that are not saved">
        {refused.map((one, index) => (
          <Row key={index} one={one} />
        ))}
      </ul>
    </Banner>
  );
}

function Row({ one }: { one: RefusedChange }) {
  const editor = useEditor();
  const { unsaved } = editor;
  const object = one.objects.length === 1 ? one.objects[0] : undefined;
  const patch = usePatch(object?.counts);
  return (
    <li data-testid="unsaved" data-code={one.code}>
      <span class="unsaved-what">
        {patch && (
          <Thumbnail patch={patch} color={editor.classes.category(object?.category ?? null)?.color ?? "#9aa3b5"} />
        )}
        <span>
          {useName(one.operation)}
          {patch && `, ${pixels(area(patch.runs))}`}:{" "}
          {reasonOf(one, new Set(editor.boot.project.categories.map(({ number }) => number)))}
        </span>
      </span>
      <span class="unsaved-actions">
        {hasClass(one.operation) && editor.permission.canLabel && <ClassChoice one={one} />}
        {one.code === "overlap" && (
          <button type="button" data-testid="refit" onClick={() => editor.panoptic.refit()}>
            Remove overlaps
          </button>
        )}
        <button type="button" onClick={() => unsaved.retry(one)}>
          Try again
        </button>
        <button type="button" onClick={() => unsaved.download(one)}>
          Download
        </button>
        <button type="button" data-testid="drop" onClick={() => unsaved.drop(one)}>
          Discard
        </button>
      </span>
    </li>
  );
}

function ClassChoice({ one }: { one: RefusedChange }) {
  const editor = useEditor();
  return (
    <select
      aria-label="Save with another class"
      data-testid="give-class"
      value=""
      onChange={(event) => editor.unsaved.giveClass(one, Number(event.currentTarget.value))}
    >
      <option value="" disabled>
        Choose a class…
      </option>
      {editor.boot.project.categories.map(({ number, name }) => (
        <option key={number} value={number}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** The mask, so that one object can be told from another; null for none, or one that can't be read. */
function usePatch(counts: string | undefined): Patch | null {
  const { width, height } = useEditor().boot.image;
  return useMemo(() => {
    try {
      return counts ? patchOfView(counts, width, height) : null;
    } catch (error) {
      if (!(error instanceof RleError)) throw error;
      return null;
    }
  }, [counts, width, height]);
}

/** What the change is, in words. */
function useName(operation: Operation): string {
  const editor = useEditor();
  const category = "category" in operation ? operation.category : undefined;
  const named = category === undefined ? "" : ` (${editor.classes.category(category)?.name ?? "deleted class"})`;
  if (operation.kind === "status") return "Image status";
  if (operation.kind === "note") return "Note";
  if (operation.kind === "batch") return `${flat([operation]).length} changes made together`;
  if (operation.kind === "delete") return "Deleted object";
  return `${operation.kind === "create" ? "New" : "Changed"} object${named}`;
}

/** The image can't be had any more: what is not saved can only be taken along. */
export function GoneNotice() {
  const editor = useEditor();
  const save = useEditorState((state) => state.save);
  const count = useEditorState((state) => state.unsaved);
  if (save.kind !== "gone") return null;
  return (
    <Banner id="gone" tone="bad">
      <span>
        {save.message}
        {count > 0 && ` ${count === 1 ? "1 change was" : `${count} changes were`} not saved.`}
      </span>
      {count > 0 && (
        <>
          <button type="button" data-testid="download-all" onClick={() => editor.unsaved.downloadAll()}>
            Download
          </button>
          <Discard run={() => editor.unsaved.dropAll()} />
        </>
      )}
      {save.message === GONE.image ? (
        <a href={editor.boot.project.url}>Back to the project</a>
      ) : (
        <a href="/">Back to projects</a>
      )}
    </Banner>
  );
}

/** Changes on other images that a tab could not save before it was closed. */
export function ElsewhereNotice() {
  const elsewhere = useEditorState((state) => state.elsewhere);
  if (elsewhere.length === 0) return null;
  return (
    <Banner id="elsewhere" tone="warn">
      <strong>Unsaved changes of other images are kept in this browser.</strong>
      <ul class="unsaved-list" role="list">
        {elsewhere.map(({ image, name, there }) => (
          <Elsewhere key={image} image={image} name={name} there={there} />
        ))}
      </ul>
    </Banner>
  );
}

function Elsewhere({ image, name, there }: { image: number; name: string | null; there: boolean | null }) {
  const editor = useEditor();
  return (
    <li data-testid="leftover" data-image={image}>
      <span>
        {name ?? `Image ${image}`}
        {there === false && ": deleted, or you no longer have access."}
      </span>
      <span class="unsaved-actions">
        {there !== false && <a href={`/images/${image}/`}>Open the image to save them</a>}
        <button type="button" onClick={() => void editor.unsaved.downloadLeft(image)}>
          Download
        </button>
        <Discard run={() => void editor.unsaved.discardLeft(image)} />
      </span>
    </li>
  );
}

/** Asks once more: this can't be undone. */
function Discard({ run }: { run: () => void }) {
  const [asked, ask] = useState(false);
  return (
    <button type="button" data-testid="discard" onClick={() => (asked ? run() : ask(true))}>
      {asked ? "Discard permanently?" : "Discard"}
    </button>
  );
}
