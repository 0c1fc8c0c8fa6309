/** The label of the suggestion under the pointer. It is an element of its own, so that hovering repaints little. */

import type { Editor } from "../editor";
import { percent } from "../suggestions/offer";
import { pointedOf } from "../suggestions/state";
import type { Stage } from "../view/canvas";

/** Keeps the tag beside what is pointed at; returns how to stop it. */
export function suggestionTag(editor: Editor, host: HTMLElement, stage: Stage): () => void {
  const { suggestions, store } = editor;
  const tag = document.createElement("div");
  tag.className = "suggestion-tag";
  tag.dataset["testid"] = "suggestion-tag";
  tag.hidden = true;
  const chip = document.createElement("span");
  chip.className = "color-chip";
  const text = document.createElement("span");
  tag.append(chip, text);
  host.append(tag);
  const show = () => {
    const { tool, open } = store.get();
    const one = tool === "suggest" && !open ? pointedOf(suggestions.store.get()) : null;
    tag.hidden = !one;
    host.dataset["pointed"] = one?.uid ?? "";
    if (!one) return;
    const given = editor.classes.category(suggestions.classOf(one));
    const suggested = one.category !== null;
    const chosen = suggestions.store.get().given?.uid === one.uid;
    const name = suggested ? (editor.classes.category(one.category)?.name ?? "") : one.word;
    chip.style.background = given?.color ?? "";
    text.textContent = [
      name || null,
      percent(one.score),
      (suggested && !chosen) || !given || !editor.permission.canLabel ? null : `keep as ${given.name}`,
    ]
      .filter((part) => part !== null)
      .join(" · ");
    const { scale, x, y } = stage.viewport;
    const left = Math.min(Math.max(one.patch.box[0] * scale + x, 4), host.clientWidth - tag.offsetWidth - 4);
    const above = one.patch.box[1] * scale + y - tag.offsetHeight - 6;
    const top = Math.min(Math.max(above, 4), host.clientHeight - tag.offsetHeight - 4);
    tag.style.transform = `translate(${Math.max(left, 4)}px, ${top}px)`;
  };
  const stops = [
    suggestions.store.watch((state, before) => {
      if (state.pointed !== before.pointed || state.shown !== before.shown || state.given !== before.given) show();
    }),
    store.watch((state, before) => {
      const keys = ["tool", "open", "zoom", "activeCategory"] as const;
      if (keys.some((key) => state[key] !== before[key])) show();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
