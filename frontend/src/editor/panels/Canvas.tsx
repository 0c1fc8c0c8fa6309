/** The image area: mounts the stage, feeds it from the state, and turns gestures into actions. */

import { useEffect, useRef } from "preact/hooks";
import type { Editor } from "../editor";
import { Stage, type MaskItem, type OpenItem } from "../canvas";
import { Picture } from "../picture";
import { followPointers } from "../pointer";
import { area } from "../rle";
import type { State } from "../state";
import { actualSize, pan, toPicture, zoomAt } from "../viewport";
import { useEditor, useEditorState } from "./context";

const UNKNOWN_CLASS = "#9aa3b5";

/** What the keyboard may do to the view. */
export interface ViewControls {
  fit(): void;
  actualSize(): void;
  zoom(factor: number): void;
}

interface Props {
  /** Filled with the view's controls once they exist. */
  controls: { current: ViewControls | null };
  spaceHeld: { current: boolean };
}

export function Canvas({ controls, spaceHeld }: Props) {
  const editor = useEditor();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => mount(editor, host.current!, controls, spaceHeld), [editor]);
  const open = useEditorState((state) => state.open);
  const { name, width, height } = editor.boot.image;
  const doing = editor.canLabel ? "Click an object to label it." : "Read only.";
  return (
    <div
      ref={host}
      class="stage"
      tabIndex={0}
      role="application"
      aria-label={`Image ${name}, ${width} by ${height} pixels. ${doing} Press question mark for the keys.`}
      data-testid="canvas"
      data-clicks={open ? open.clicks.length : 0}
      data-area={open ? area(open.mask.runs) : 0}
      data-settled={String(!open || (open.settled && open.checking === 0))}
    />
  );
}

function mount(editor: Editor, host: HTMLElement, controls: Props["controls"], space: Props["spaceHeld"]): () => void {
  const { image } = editor.boot;
  const stage = new Stage(host, image, (viewport) => {
    host.dataset["view"] = `${viewport.scale} ${viewport.x} ${viewport.y}`;
    editor.store.set({ zoom: viewport.scale });
  });
  Picture.load(image.view, image, () => stage.redraw("picture")).then(
    (picture) => stage.setPicture(picture),
    () => editor.store.set({ pictureFailed: true }),
  );
  controls.current = {
    fit: () => stage.fit(),
    actualSize: () => stage.move(actualSize(stage.viewport, stage.center)),
    zoom: (factor) => stage.move(zoomAt(stage.viewport, stage.center, factor)),
  };
  const leave = followPointers(
    host,
    {
      click: (at, positive, twice) => editor.click(toPicture(stage.viewport, at), positive, twice),
      pan: (dx, dy) => stage.move(pan(stage.viewport, dx, dy)),
      zoom: (at, factor) => stage.move(zoomAt(stage.viewport, at, factor)),
    },
    () => space.current,
  );
  show(editor, stage, editor.store.get(), null);
  const unwatch = editor.store.watch((state, before) => show(editor, stage, state, before));
  return () => {
    unwatch();
    leave();
    stage.dispose();
  };
}

/** Hand the stage what changed between two states. */
function show(editor: Editor, stage: Stage, state: State, before: State | null): void {
  const differs = (...keys: (keyof State)[]) => !before || keys.some((key) => state[key] !== before[key]);
  if (differs("kept", "hidden", "hovered", "selected", "open", "finishing")) {
    // A new mask of the open object leaves the kept ones as they are.
    const sources = (one: State) => [one.open, ...one.finishing].map((object) => object?.source ?? "").join();
    const quiet = before && !differs("kept", "hidden", "hovered", "selected") && sources(before) === sources(state);
    if (!quiet) stage.setKept(keptItems(editor, state));
  }
  if (differs("open", "finishing")) stage.setOpen(openItems(editor, state));
}

function keptItems(editor: Editor, state: State): MaskItem[] {
  if (state.hidden) return [];
  const inWork = new Set([state.open, ...state.finishing].map((object) => object?.source));
  return state.kept
    .filter(({ uid }) => !inWork.has(uid))
    .map(({ uid, category, patch }) => {
      const pointed = uid === state.hovered || uid === state.selected;
      const color = editor.category(category)?.color ?? UNKNOWN_CLASS;
      return { patch, look: { color, fill: pointed ? 0.6 : 0.34, line: pointed ? 2.25 : 1.25, bright: pointed } };
    });
}

function openItems(editor: Editor, state: State): OpenItem[] {
  const item = (object: NonNullable<State["open"]>, inWork: boolean): OpenItem => ({
    patch: object.mask,
    look: { color: editor.category(object.category)?.color ?? UNKNOWN_CLASS, fill: 0.42, line: 1.75, bright: inWork },
    clicks: inWork ? object.clicks : [],
    answered: object.settled ? object.clicks.length : object.clicks.length - 1,
  });
  return [...state.finishing.map((object) => item(object, false)), ...(state.open ? [item(state.open, true)] : [])];
}
