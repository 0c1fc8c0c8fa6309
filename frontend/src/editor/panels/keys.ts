/** The keys of each shortcut: the defaults, or those that the person has chosen (`OwnKeys`). */

import { ownKeys } from "../editing/ownKeys";
import { comboOf, isCombo, said, type KeyLike } from "../lib/keyCombos";
import type { OwnKeys } from "../server/types";
import { SHORTCUTS, type Action, type Pressed, type Shortcut } from "./shortcuts";

export function keysOf(action: Action, keys: OwnKeys = ownKeys()): readonly string[] {
  return keys[action] ?? SHORTCUTS.find((one) => one.action === action)?.keys ?? [];
}

/** How an action's keys are shown: “Ctrl Shift Z or Ctrl Y”. */
export function keyOf(action: Action, keys: OwnKeys = ownKeys()): string {
  return keysOf(action, keys).map(said).join(" or ");
}

/** The action that has this combination already; null for none. */
export function takenBy(combo: string, except: Action, keys: OwnKeys = ownKeys()): Shortcut | null {
  return SHORTCUTS.find(({ action }) => action !== except && keysOf(action, keys).includes(combo)) ?? null;
}

/** The keys after `action` got these; whoever had one of them loses it. What is as shipped is not kept. */
export function withKeys(action: Action, wanted: readonly string[], keys: OwnKeys = ownKeys()): OwnKeys {
  const after: Record<string, readonly string[]> = { ...keys, [action]: wanted };
  for (const other of SHORTCUTS) {
    if (other.action === action) continue;
    const left = keysOf(other.action, keys).filter((combo) => !wanted.includes(combo));
    if (left.length < keysOf(other.action, keys).length) after[other.action] = left;
  }
  const isShipped = ([name, now]: [string, readonly string[]]) =>
    SHORTCUTS.find((one) => one.action === name)?.keys.join() === now.join();
  return Object.fromEntries(Object.entries(after).filter((entry) => !isShipped(entry)));
}

/** The shortcut that is held down rather than pressed, if the key is its. */
export function heldOf(event: KeyLike): Shortcut | null {
  return SHORTCUTS.find(({ action, hold }) => hold && keysOf(action).some((combo) => isCombo(event, combo))) ?? null;
}

/** Digits by place: on some layouts the row types them only with Shift. */
export function digit(event: KeyLike): number | null {
  const combo = comboOf(event);
  return combo && /^[1-9]$/.test(combo) && !event.shiftKey ? Number(combo) : null;
}

/** A digit or a letter without modifiers, as classes' keys are written: `0`, `c`; null for any other key. */
export function plainKey(event: KeyLike): string | null {
  const combo = comboOf(event);
  return combo && /^[0-9A-Z]$/.test(combo) && !event.shiftKey ? combo.toLowerCase() : null;
}

/** What a key press asks for; null for nothing. */
export function actionOf(event: KeyLike): Pressed | null {
  const number = digit(event);
  if (number !== null) return `category${number}`;
  for (const loosely of [false, true]) {
    const found = SHORTCUTS.find(({ action }) => keysOf(action).some((combo) => isCombo(event, combo, loosely)));
    if (found) return found.hold ? null : found.action;
  }
  return null;
}

const SLIDING = /^(?:Arrow|Page|Home$|End$)/;
const TYPING = new Set(["text", "search", "number", "email", "url", "password", "tel"]);

/** Whether a key press there is meant for the element: typing in a field, pressing a focused button. */
export function belongsTo(element: Element | null, key: string): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) {
    return true;
  }
  if (element instanceof HTMLInputElement) {
    if (element.type === "range") return SLIDING.test(key);
    return TYPING.has(element.type) || (element.type === "checkbox" && key === " ");
  }
  return (key === "Enter" || key === " ") && element.matches("button:not([data-item]), a[href], summary");
}
