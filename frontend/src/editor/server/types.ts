/** The types of the HTTP API under the editor's names, taken from the server's types. */

import type * as server from "../../shared/server_types";

/** The same type with some fields that may be missing. */
type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A click of a kept object. */
export type KeptClick = server.AnnotationData["clicks"][number];

/** A click on the wire: view pixels as floats, whether it is positive, and the tile that it was answered on. */
export type WireClick = readonly [x: number, y: number, positive: boolean, tile?: string];

export type Category = server.CategoryData;

/** The values of an original that are shown black and white. */
export type ValueWindow = server.DeepData["window"];

/** What the project asks of each object beside its class. */
export type AttributeDefinition = server.AttributeData;

/** The name of a method that suggests objects. Which there are, the server says (`Boot.methods`). */
export type Method = server.MethodData["method"];

export type { MethodData } from "../../shared/server_types";

/** A suggestion, as far as the editor looks at it. */
export type SuggestionData = Omit<server.SuggestionData, "head" | "state" | "bbox">;

export type { HeatData } from "../../shared/server_types";

export type ProjectData = Omit<server.ProjectData, "id" | "url">;

/** Where the server has the blocks of a large picture. */
export type Blocks = server.BlocksData;

/** Answers to the project's attributes, by their number. */
export type Attributes = server.AnnotationData["attributes"];

/** A kept object; what an older page stored has no place, no attributes and does not say that it is a crowd. */
export type AnnotationData = Optional<server.AnnotationData, "z" | "attributes" | "crowd">;

/** The objects of an image; what an older page stored has no note and no reason. */
export type AnnotationSetData = Optional<Omit<server.Overview, "annotations">, "reason" | "note" | "round"> & {
  readonly annotations: readonly AnnotationData[];
};

/** Where objects are asked for and saved. */
export type Endpoints = Omit<server.BootAddresses, "suggestions" | "text" | "history">;

/** What the editor starts with. The person's role may change meanwhile. */
export type Boot = Omit<server.Boot, "user"> & { readonly user: Writable<server.BootUser> };

/** What the person may do in the project. */
export type Abilities = Pick<server.BootUser, "can_label" | "can_review" | "can_export" | "can_manage" | "can_archive">;

/** A person's own keys: only the actions that have others than the shipped ones. */
export type OwnKeys = server.KeysData["keys"];

/** How far a method is with the image. */
export type MethodState = server.LookData;

export type SuggestionSet = Omit<server.Offered, "results"> & { readonly results: readonly SuggestionData[] };

export type TextAnswer = Omit<server.PhraseFound, "suggestion"> & { readonly suggestion: SuggestionData | null };

/** An image's review as the person sees it, and its parts. */
export type {
  ReviewData,
  ThreadData,
  CommentData,
  VerdictData,
  PersonData,
  NextToReview,
} from "../../shared/server_types";
export type VerdictGiven = server.VerdictGiven;
export type OldVersion = server.OldVersion;

/** Which images of a project a list shows. */
export type Which = "all" | "todo" | "unlabeled" | "mine" | "done" | "skipped" | "noted";
