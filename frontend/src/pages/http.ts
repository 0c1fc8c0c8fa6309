// JSON requests to our own server.

import { errorIn, request } from "../shared/http";

/** An answer other than 2xx, or none at all (`status` 0); `message` is for the person. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Send a request with an optional JSON body; throws HttpError unless the answer is JSON with 2xx. */
export async function send<T>(method: string, url: string, body?: unknown): Promise<T> {
  const answer = await request(method, url, body).catch(() => {
    throw new HttpError(0, "offline", "The server can't be reached. Check your connection and try again.");
  });
  if (!answer.ok || answer.body === null) throw errorOf(answer.status, answer.body);
  return answer.body as T;
}

/** The HttpError in an answer's body, or one that explains the bare status. */
export function errorOf(status: number, body: unknown): HttpError {
  const error = errorIn(body);
  if (error?.code && error.message) return new HttpError(status, error.code, error.message);
  const message =
    status === 413
      ? "The file is too large for this server."
      : status === 403
        ? "The server refused the request. You may have been signed out. Reload the page."
        : `The server answered with an error (${status}). Try again in a moment.`;
  return new HttpError(status, "http", message);
}

/** JSON of an answer that came another way; null where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
