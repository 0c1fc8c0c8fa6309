/** Types of the API that editor and pages share, under the names that they use. */

import type * as server from "./server_types";

export type EncodingState = server.BootImage["state"];

export type Status = server.Overview["status"];

/** An image of `GET /api/projects/<id>/images`. */
export type ImageItem = server.ImageData;
