// The messages of `/ws/projects/<id>/` (docs/reference/protocol.md), and the page's boot data.

import type * as server from "../../shared/server_types";

export type { ImagesPage, UploadNews, ExportNews } from "../../shared/server_types";

export type Counts = server.ImageCounts;
/** A file of an upload, as it is told while it goes on. */
export type UploadItem = server.ItemNews;

/** An export of `GET /api/projects/<id>/exports`. */
export type ExportItem = server.ExportNews &
  Pick<server.ExportData, "format"> &
  Partial<Pick<server.ExportData, "title" | "created_at" | "name" | "sha256" | "delivered">>;

export type ProjectMessage = server.ProgressMessage;

/** `#project-data`. */
export type ProjectData = server.ProjectPage;
