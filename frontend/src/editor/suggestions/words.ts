/** What people are told about suggestions. Pure. */

import type { Method, Boot } from "../server/types";
import { percent } from "./offer";
import type { SuggestionsState } from "./state";

/** What a method's button says, and what it does. */
export const METHODS: readonly { readonly method: Method; readonly title: string; readonly about: string }[] = [
  { method: "everything", title: "Everything", about: "Outline all objects, without classes" },
  { method: "instances", title: "Instances", about: "Suggest objects with their classes" },
  { method: "panoptic", title: "Panoptic", about: "Suggest objects and regions with their classes" },
];

const titleOf = (method: Method) => METHODS.find((one) => one.method === method)?.title ?? "Text";

/** Why a method can't be asked here, and who can do what about it. */
export function whyNot(method: Method, { user }: Boot): string {
  if (method === "everything" || method === "text") {
    const what = method === "text" ? "Text search" : "“Everything”";
    return `${what} is not installed on this server. Ask the administrator to update Interlabel.`;
  }
  const who = user.role === "manager" ? "You can train one" : "A manager can train one";
  return `No model is trained for this yet. ${who} on the project page after some images are done.`;
}

/** What a method found that somebody waited for. `left`: of what it found, not kept or rejected; `shown`: confident enough. */
export function foundWords(method: Method, found: number, left: number, shown: number): string {
  const title = titleOf(method);
  if (found === 0) return `${title} found nothing on this image. Click the objects to label them.`;
  if (left === 0) return `${title} found no new objects.`;
  if (shown === 0)
    return `${title} found ${left}, all below the confidence threshold. Lower the threshold to see them.`;
  return `${count(left, "suggestion")} from ${title}.`;
}

/** Why nothing is shown, and what to do. */
export function emptyWords({ load, undecided, looked, above }: SuggestionsState, boot: Boot): string {
  if (load.kind === "failed") return `The suggestions can't be loaded. ${load.message}`;
  if (undecided.length > 0) {
    return `${count(undecided.length, "suggestion")} below ${percent(above)}. Lower the threshold to see ${undecided.length === 1 ? "it" : "them"}.`;
  }
  if (looked.some(({ state }) => state === "ready"))
    return "All suggestions are decided. Press a button to request more.";
  if (!boot.user.can_label) return "No suggestions for this image.";
  if (!boot.methods.some(({ can }) => can)) return whyNot("everything", boot);
  return "No suggestions yet. Press a button to request them. A suggestion becomes an object when you keep it.";
}

/** What became of a phrase. `score` is null where there is no object. */
export function answerWords(score: number | null, missing: "kept" | "nothing" | undefined): string {
  if (score === null) {
    return missing === "kept"
      ? "That object is already labeled. Describe it differently if you mean another one."
      : "No match found. Try other words, or click the object.";
  }
  if (score < UNSURE) return `Uncertain match (${percent(score)}). Keep it, correct it, or try other words.`;
  return `Best match (${percent(score)}). Enter keeps it, Shift Enter corrects it.`;
}

/** A response below it is most often about nothing. */
const UNSURE = 0.5;

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
