/** The messages of `/ws/images/<id>/`, version 1, as in docs/protocol.md. */

import type { EncodingState } from "../../shared/types";
import type { Box } from "../lib/geometry";
import type { WireClick } from "./types";

export const VERSION = 1;

/** A dragged box: `[x0, y0, x1, y1]` in view pixels, `x0 < x1`, `y0 < y1`. */
export type PromptBox = readonly [x0: number, y0: number, x1: number, y1: number];

export interface WirePatch {
  readonly bbox: Box;
  readonly counts: string;
}

export type ClientMessage =
  | {
      type: "start";
      object: string;
      seq: number;
      clicks?: readonly WireClick[];
      previous?: WirePatch;
      box?: PromptBox;
      /** The newest click may be answered once more, on a tile. */
      closer?: boolean;
    }
  | { type: "click"; object: string; seq: number; x: number; y: number; positive: boolean }
  | { type: "undo" | "redo"; object: string; seq: number }
  | { type: "close"; object: string }
  | { type: "prefetch"; images: readonly number[] }
  | { type: "ping"; seq: number }
  /** This editor is open; `take`: it wants the image's lease also from who has it. */
  | { type: "here"; tab: string; take?: boolean };

export interface Hello {
  type: "hello";
  image: number;
  width: number;
  height: number;
  state: EncodingState;
  limits: { message_bytes: number; clicks_per_second: number; clicks_per_object: number };
}

export interface StateMessage {
  type: "state";
  state: EncodingState;
  reason?: string;
  ahead?: number;
}

/** Someone – perhaps this page – changed the image's annotation set. */
export interface AnnotationsMessage {
  type: "annotations";
  version: number;
  by: string;
}

/** An open editor of the image. */
export interface Person {
  readonly tab: string;
  readonly user: number;
  readonly name: string;
  readonly initials: string;
  readonly hue: number;
  /** Works on the image; the others look on. */
  readonly holds: boolean;
  /** Its connection is lost. */
  readonly away: boolean;
  /** Seconds since something was done there. */
  readonly idle: number;
}

export interface PresenceMessage {
  type: "presence";
  you: string;
  people: readonly Person[];
}

/** A method has looked at the image; with a reason: it could not. */
export interface SuggestionsMessage {
  type: "suggestions";
  method: "everything" | "instances" | "panoptic" | "text";
  found: number;
  reason?: string;
}

/** Classes, attributes or settings of the project changed, or the person's own role: load them again. */
export interface ProjectMessage {
  type: "project";
}

/** The image was deleted, by itself or with its project. */
export interface GoneMessage {
  type: "gone";
  what: "image" | "project";
}

export interface MaskMessage {
  type: "mask";
  object: string;
  seq: number;
  clicks: number;
  can_redo: boolean;
  bbox: Box;
  counts: string;
  /** For each click the tile that it was answered on; left out when all were answered on the overview. */
  tiles?: readonly (string | null)[];
  /** After a `coarse` answer a `final` one with the same `seq` may follow. */
  stage: "coarse" | "final";
  ms: { queue: number; decode: number };
}

export interface ErrorMessage {
  type: "error";
  code: string;
  message: string;
  seq?: number;
  object?: string;
}

export type ServerMessage =
  | Hello
  | StateMessage
  | AnnotationsMessage
  | PresenceMessage
  | SuggestionsMessage
  | ProjectMessage
  | GoneMessage
  | MaskMessage
  | ErrorMessage
  | { type: "pong"; seq: number };

const KNOWN = new Set([
  "hello",
  "state",
  "annotations",
  "presence",
  "suggestions",
  "project",
  "gone",
  "mask",
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
