import type { EncodingState, ImageItem, Status } from "../../shared/types";

// What the server tells a project's pages: docs/protocol.md, `/ws/projects/<id>/`, and the boot data.

export interface Counts {
  total: number;
  queued: number;
  encoding: number;
  ready: number;
  failed: number;
  done: number;
  skipped: number;
}

export interface ImagesPage {
  results: ImageItem[];
  next: number | null;
}

export interface UploadItem {
  name: string;
  state: "waiting" | "unpacked" | "accepted" | "rejected";
  reason?: string;
  message?: string;
}

export interface UploadNews {
  id: number;
  state: "receiving" | "processing" | "done";
  total: number;
  accepted: number;
  rejected: number;
}

export interface ExportNews {
  id: number;
  state: "queued" | "running" | "ready" | "failed" | "expired";
  done: number;
  total: number;
  url?: string | null;
  reason?: string;
}

/** An export of `GET /api/projects/<id>/exports`. */
export interface ExportItem extends ExportNews {
  format: string;
  title?: string;
  created_at?: string;
}

export type ProjectMessage =
  | { type: "snapshot" | "progress"; images: Counts; uploads?: UploadNews[]; exports?: ExportNews[] }
  | { type: "image"; id: number; name?: string; state: EncodingState; reason?: string | null; thumbnail?: string }
  | { type: "annotations"; image: number; version: number; status: Status; objects: number; by: string }
  | ({ type: "upload"; item?: UploadItem } & UploadNews)
  | ({ type: "export" } & ExportNews)
  | { type: "suggestions" }
  | { type: "pong" | "error" };

/** `#project-data`. */
export interface ProjectData {
  project: { id: number; name: string; role: "manager" | "annotator" | "reviewer" };
  counts: Counts;
  images: ImagesPage;
  /** The newest upload, if files of it were rejected lately. */
  last_upload: number | null;
  exports: ExportItem[];
  socket: string;
  api: { images: string; uploads: string; encode: string; exports: string };
}
