/** The image area: mounts the canvases and converts screen positions to picture positions. */

import { useEffect, useRef } from "preact/hooks";
import type { Editor } from "../editor";
import type { Point } from "../lib/geometry";
import { area } from "../mask/rle";
import { clicksOf, isFinal } from "../model/work";
import type { State } from "../state";
import { Stage } from "../view/canvas";
import { DisplayFilter } from "../view/pictureFilter";
import { loadPicture } from "../view/loading";
import type { Picture } from "../view/picture";
import { followPointers, type Gestures, type Drag } from "../view/pointer";
import { actualSize, centred, fitBox, pan, sightOf, toPicture, zoomAt } from "../view/viewport";
import { useEditor, useEditorState } from "./context";
import { showBefore } from "./beforeView";
import { Pins } from "./pins";
import { direct } from "./scene";
import { suggestionTag } from "./tag";
import type { Sight, ViewControls } from "./viewControls";

/** CSS pixels around a dot or corner that still count as on it, for a mouse or pen and for a finger. */
const REACH = 9;
const FINGER_REACH = 18;
/** A smaller brush has no circle around the pointer, only the cross. */
const SMALLEST_RING = 5;

/** So long a slider rests before the server makes another picture. */
const WINDOW_REST_MS = 200;

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
  const tool = useEditorState((state) => state.tool);
  const { name, width, height } = editor.boot.image;
  const doing = editor.permission.canLabel ? "Click an object to label it." : "View only.";
  return (
    <div
      ref={host}
      class="stage"
      tabIndex={0}
      role="application"
      aria-label={`Image ${name}, ${width} by ${height} pixels. ${doing} Press question mark for keyboard shortcuts.`}
      data-testid="canvas"
      data-tool={tool}
      data-clicks={open ? clicksOf(open).length : 0}
      data-area={open ? area(open.mask.runs) : 0}
      data-settled={String(!open || isFinal(open))}
    />
  );
}

function mount(editor: Editor, host: HTMLElement, controls: Props["controls"], space: Props["spaceHeld"]): () => void {
  const { image } = editor.boot;
  host.dataset["preview"] = "";
  const watchers = new Set<(sight: Sight) => void>();
  const sight = () => sightOf(stage.viewport, stage.room, image);
  const stage: Stage = new Stage(host, image, (viewport) => {
    host.dataset["view"] = `${viewport.scale} ${viewport.x} ${viewport.y}`;
    editor.store.set({ zoom: viewport.scale });
    for (const watcher of watchers) watcher(sight());
  });
  const pins = new Pins(editor, host, stage);
  watchers.add(() => pins.place());
  const leavePicture = showPicture(editor, host, stage);
  controls.current = {
    fit: () => stage.fit(),
    actualSize: () => stage.move(actualSize(stage.viewport, stage.center)),
    zoom: (factor) => stage.move(zoomAt(stage.viewport, stage.center, factor)),
    show: (box) => stage.move(fitBox(box, stage.room)),
    center: (at) => stage.move(centred(stage.viewport, at, stage.room)),
    watch: (listener) => {
      watchers.add(listener);
      listener(sight());
      return () => watchers.delete(listener);
    },
  };
  const ring = brushRing(editor, host, stage);
  const leave = followPointers(host, gesturesFor(editor, stage, ring.move), () => space.current);
  const unwatch = [
    direct(editor, stage),
    ring.stop,
    suggestionTag(editor, host, stage),
    leavePicture,
    followDisplay(editor, host, stage),
    () => pins.dispose(),
    editor.review.store.watch(({ look }, before) => {
      if (look && look !== before.look) stage.move(centred(stage.viewport, look, stage.room));
    }),
    showBefore(editor, host, stage, (moved) => {
      watchers.add(moved);
      return () => watchers.delete(moved);
    }),
    editor.tools.pointing.watch(({ sketch, dot }) => {
      host.toggleAttribute("data-on-dot", dot !== null || sketch?.kind === "dot");
      host.dataset["preview"] = String(sketch?.kind === "preview" ? area(sketch.patch.runs) : "");
    }),
  ];
  return () => {
    leave();
    for (const stop of unwatch) stop();
    stage.dispose();
  };
}

/** Shows the view, or another window of the original as soon as it is there. */
function showPicture(editor: Editor, host: HTMLElement, stage: Stage): () => void {
  const { image } = editor.boot;
  const made = (pictureMade: number | null) => editor.store.set({ pictureMade });
  const source = { image, pictures: editor.pictures, made };
  let wanted: string | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const loaded: Picture[] = [];
  const load = async (url: string) => {
    if (url === wanted) return;
    wanted = url;
    const changed = () => stage.redraw("picture");
    const picture = await loadPicture(source, url, changed, () => url === wanted).catch(() => null);
    if (url !== wanted) return picture?.dispose(); // another one was asked for meanwhile
    if (picture) {
      editor.store.set({ picture });
      stage.paint("picture", (surface) => {
        picture.draw(surface);
        host.dataset["detail"] = picture.detail;
        host.dataset["decoded"] = String(picture.bytes);
      });
      requestAnimationFrame(() => (host.dataset["picture"] = "shown"));
      for (const before of loaded.splice(0, loaded.length, picture)) before.dispose();
    } else if (url === image.view) editor.store.set({ pictureFailed: true });
    else
      editor.toasts.say("The image can't be shown with these black and white points right now. Try again in a moment.");
  };
  const urlOf = ({ window }: State) =>
    window && image.deep ? `${image.deep.url}?low=${window[0]}&high=${window[1]}` : image.view;
  void load(image.view).then(() => (wanted === null ? undefined : load(urlOf(editor.store.get()))));
  const stop = editor.store.watch((state, before) => {
    if (state.window === before.window) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => void load(urlOf(state)), WINDOW_REST_MS);
  });
  return () => {
    stop();
    clearTimeout(waiting);
    wanted = null;
    for (const picture of loaded) picture.dispose();
  };
}

/** Shows the picture as the display settings say, and lets the masks blink. */
function followDisplay(editor: Editor, host: HTMLElement, stage: Stage): () => void {
  const filter = new DisplayFilter();
  const follow = ({ display, picture }: State) => {
    host.toggleAttribute("data-blink", display.blink);
    if (!picture) return;
    picture.filter = filter.of(display);
    host.dataset["filter"] = picture.filter;
    stage.redraw("picture");
  };
  follow(editor.store.get());
  const stop = editor.store.watch((state, before) => {
    if (state.display !== before.display || state.picture !== before.picture) follow(state);
  });
  return () => {
    stop();
    filter.dispose();
  };
}

function gesturesFor(editor: Editor, stage: Stage, pointed: (at: Point | null) => void): Gestures {
  const { tools } = editor;
  const picture = (at: Point) => toPicture(stage.viewport, at);
  const reach = (touch: boolean) => (touch ? FINGER_REACH : REACH) / stage.viewport.scale;
  return {
    press: ({ at, touch, ...how }) => {
      if (editor.review.store.get().pinning) {
        editor.review.comments.begin(picture(at));
        return null;
      }
      const drag = tools.press({ ...how, at: picture(at), reach: reach(touch) });
      if (!drag) return null;
      const move: Drag["move"] = (place, shift) => {
        pointed(place);
        drag.move(picture(place), shift);
      };
      return { move, end: () => drag.end(), cancel: () => drag.cancel() };
    },
    fingerPresses: () => !editor.review.store.get().pinning && editor.permission.canLabel && tools.draws,
    hover: (at) => {
      pointed(at);
      tools.hover(at && picture(at), reach(false));
    },
    pan: (dx, dy) => stage.move(pan(stage.viewport, dx, dy)),
    zoom: (at, factor) => stage.move(zoomAt(stage.viewport, at, factor)),
    resize: (steps) => tools.resize(steps),
  };
}

/** The circle of the brush around the pointer: an element of its own, so that moving it paints no canvas. */
function brushRing(editor: Editor, host: HTMLElement, stage: Stage) {
  const ring = document.createElement("div");
  ring.className = "brush-ring";
  ring.hidden = true;
  host.append(ring);
  let place: Point | null = null;
  const show = () => {
    const { tool, brush } = editor.store.get();
    const size = brush * stage.viewport.scale;
    ring.hidden = !place || (tool !== "brush" && tool !== "eraser") || size < SMALLEST_RING;
    if (ring.hidden || !place) return;
    ring.style.width = ring.style.height = `${size}px`;
    ring.style.transform = `translate(${place.x - size / 2}px, ${place.y - size / 2}px)`;
  };
  const move = (at: Point | null) => {
    place = at;
    show();
  };
  const stop = editor.store.watch((state, before) => {
    if (state.tool !== before.tool || state.brush !== before.brush || state.zoom !== before.zoom) show();
  });
  return { move, stop };
}
