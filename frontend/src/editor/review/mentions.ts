/** Naming people with @ in a comment. Pure. */

import type { PersonData } from "../server/types";

const MOST = 6;

/** The name that is being typed before the cursor, without its @; null: none. */
export function typedName(text: string, cursor: number): string | null {
  return /(?:^|[^\w@])@([\w.@+-]*)$/.exec(text.slice(0, cursor))?.[1] ?? null;
}

/** Who may be meant by the beginning of a name, of a user name or of a word of the full one. */
export function candidates(people: readonly PersonData[], typed: string): readonly PersonData[] {
  const wanted = typed.toLowerCase();
  const begins = ({ username, name }: PersonData) =>
    [username, ...name.split(/\s+/)].some((word) => word.toLowerCase().startsWith(wanted));
  return people.filter(begins).slice(0, MOST);
}

/** The text with the name written out, and where the cursor is then. */
export function completed(text: string, cursor: number, { username }: PersonData): { text: string; cursor: number } {
  const typed = typedName(text, cursor);
  if (typed === null) return { text, cursor };
  const head = `${text.slice(0, cursor - typed.length)}${username} `;
  return { text: head + text.slice(cursor).trimStart(), cursor: head.length };
}
