/** What people are told about suggestions. Pure. */

import type { Boot } from "../boot";
import { percent, type Method } from "./offer";
import type { SuggestionsState } from "./state";

/** What a method's button says, and what it does. */
export const METHODS: readonly { readonly method: Method; readonly title: string; readonly about: string }[] = [
  { method: "everything", title: "Everything", about: "Outline all objects, without a class" },
  { method: "instances", title: "Instances", about: "Suggest objects with their class" },
  { method: "panoptic", title: "Panoptic", about: "Suggest objects and regions with their class" },
];

const titleOf = (method: Method) => METHODS.find((one) => one.method === method)?.title ?? "Text";

/** Why a method can't be asked here, and who can do what about it. */
export function whyNot(method: Method, { user }: Boot): string {
  if (method === "everything" || method === "text") {
    const what = method === "text" ? "Finding by text" : "Finding everything";
    return `${what} is not installed on this server. Ask the administrator to update Interlabel.`;
  }
  const who = user.role === "manager" ? "You can train one" : "A manager can train one";
  return `There is no model for this yet. ${who} on the project page once some images are done.`;
}

/** What a method found that somebody waited for. `left`: of what it found, not kept or rejected; `shown`: confident enough. */
export function foundWords(method: Method, found: number, left: number, shown: number): string {
  const title = titleOf(method);
  if (found === 0) return `${title} found nothing on this image. Click the objects yourself.`;
  if (left === 0) return `${title} found nothing that is not kept or suggested already.`;
  if (shown === 0) return `${title} found ${left}, all below the confidence that is shown. Lower it to see them.`;
  return `${count(left, "suggestion")} by ${title}.`;
}

/** Why nothing is shown, and what to do. */
export function emptyWords({ load, undecided, looked, above }: SuggestionsState, boot: Boot): string {
  if (load.kind === "failed") return `The suggestions could not be loaded. ${load.message}`;
  if (undecided.length > 0) {
    return `${count(undecided.length, "suggestion")} below ${percent(above)}. Lower the confidence to see ${undecided.length === 1 ? "it" : "them"}.`;
  }
  if (looked.some(({ state }) => state === "ready")) return "Nothing is left to decide. Ask again to look anew.";
  if (!boot.user.can_label) return "Nothing is suggested on this image.";
  if (!boot.methods.some(({ can }) => can)) return whyNot("everything", boot);
  return "Nothing is suggested yet. Ask for suggestions; none is an object before you keep it.";
}

/** What became of a phrase. `score` is null where there is no object. */
export function answerWords(score: number | null, missing: "kept" | "nothing" | undefined): string {
  if (score === null) {
    return missing === "kept"
      ? "What is there is kept already. Say it differently if you mean another one."
      : "Nothing like that was found. Try other words, or click the object.";
  }
  if (score < UNSURE) return `Not sure that it is here (${percent(score)}). Keep it, correct it, or try other words.`;
  return `The likeliest place (${percent(score)}). Enter keeps it, Shift Enter corrects it.`;
}

/** A response below it is most often about nothing. */
const UNSURE = 0.5;

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
