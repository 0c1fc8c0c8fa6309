/** The messages of `/ws/images/<id>/`, version 1, as in docs/reference/protocol.md. */

import type * as server from "../../shared/server_types";
import type { WireClick } from "./types";

export const VERSION = 1;

/** A dragged box: `[x0, y0, x1, y1]` in view pixels, `x0 < x1`, `y0 < y1`. */
export type PromptBox = NonNullable<server.Start["box"]>;

export type WirePatch = server.Patch;

/** A message without its version, which `frameOf` puts there and `parse` has compared. */
type Unversioned<T> = T extends unknown ? Omit<T, "v"> : never;

export type ClientMessage =
  | Unversioned<Exclude<server.ClickClientMessage, server.Start>>
  | (Omit<server.Start, "v" | "clicks"> & { readonly clicks?: readonly WireClick[] });

export type Person = server.Person;
export type Hello = Unversioned<server.Hello>;
export type StateMessage = Unversioned<server.ImageState>;
export type PresenceMessage = Unversioned<server.People>;
export type MaskMessage = Unversioned<server.Mask>;
export type ErrorMessage = Unversioned<server.Error>;

/** Someone – perhaps this page – changed the image's annotation set. */
export type AnnotationsMessage = Omit<server.AnnotationsChanged, "v" | "image">;

/** A method has looked at the image; with a reason: it could not. */
export type SuggestionsMessage = Omit<server.SuggestionsChanged, "v" | "image">;

/** Classes, attributes or settings of the project changed, or the person's own role: load them again. */
export type ProjectMessage = Unversioned<server.ProjectChanged>;

/** The image was deleted, by itself or with its project. */
export type GoneMessage = Unversioned<server.Gone>;

export type ServerMessage = Unversioned<server.ClickServerMessage>;

const KNOWN = new Set([
  "hello",
  "state",
  "annotations",
  "presence",
  "suggestions",
  "project",
  "gone",
  "mask",
  "review",
  "inbox",
  "error",
  "pong",
]);

/** The server closes with this code when the image was deleted. */
export const NO_LONGER_THERE = 4404;
/** The server closes with this code when the person signed out or left the project. */
export const NO_LONGER_ALLOWED = 4403;
/** Close code: more sockets than a person may have; this one was used least lately. */
export const TOO_MANY_SOCKETS = 4429;
/** Close code: the session is over (signed out, expired, or the account is switched off). */
export const SIGNED_OUT = 4401;

/** The message in a text frame; null for what a newer server may say and this client does not know. */
export function parse(frame: string): ServerMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || !("type" in message) || !("v" in message)) return null;
  if (message.v !== VERSION || typeof message.type !== "string" || !KNOWN.has(message.type)) return null;
  return message as unknown as ServerMessage;
}

export function frameOf(message: ClientMessage): string {
  return JSON.stringify({ v: VERSION, ...message });
}
