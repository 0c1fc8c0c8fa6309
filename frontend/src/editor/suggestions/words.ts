/** The messages about suggestions. Pure. */

import type { Method, Boot } from "../server/types";
import { percent } from "./offer";
import type { SuggestionsState } from "./state";

/** The method of a name, as the server says it; undefined for one that it does not have. */
export const methodOf = (name: Method, { methods }: Boot) => methods.find(({ method }) => method === name);

/** Methods with a button: those that look at whole images. */
export const buttonsOf = ({ methods }: Boot) => methods.filter((one) => one.on_images);

/** What is asked where nothing is suggested yet. */
export const automaticOf = ({ methods }: Boot) => methods.find((one) => one.automatic);

const titleOf = (name: Method, boot: Boot) => methodOf(name, boot)?.title ?? name;

/** Why a method can't be asked here, and who can do what about it. */
export function whyNot(method: Method, boot: Boot): string {
  const { user } = boot;
  if (!methodOf(method, boot)?.trained) {
    return `“${titleOf(method, boot)}” is not installed on this server. Ask the administrator to update Interlabel.`;
  }
  const who = user.can_manage ? "You can train one" : "A manager can train one";
  return `No model is trained for this yet. ${who} on the project page after some images are done.`;
}

/** What a method found that somebody waited for. `left`: of what it found, not kept or rejected; `shown`: confident enough. */
export function foundWords(title: string, found: number, left: number, shown: number): string {
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
    return "No suggestions are left to review. Press a button to request more.";
  if (!boot.user.can_label) return "No suggestions for this image.";
  const automatic = automaticOf(boot);
  if (automatic && !boot.methods.some(({ can }) => can)) return whyNot(automatic.method, boot);
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
