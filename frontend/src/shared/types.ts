/** What the API tells editor and pages alike. */

export type EncodingState = "queued" | "encoding" | "ready" | "failed";

export type Status = "new" | "in_progress" | "done" | "skipped";

/** An image of `GET /api/projects/<id>/images`. */
export interface ImageItem {
  readonly id: number;
  readonly name: string;
  /** Of the view, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly thumbnail: string;
  readonly editor: string;
  readonly state: EncodingState;
  /** Why its features can't be computed; empty while they can. */
  readonly reason: string;
  readonly status: Status;
  readonly objects: number;
  /** Why it is skipped, and the beginning of what is noted about it. */
  readonly skipped: string;
  readonly note: string;
}
