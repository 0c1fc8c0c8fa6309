// JSON requests to our own server.

import { csrfToken } from "../shared/csrf";

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

/** Send a request with an optional JSON body; throws HttpError unless the answer is 2xx. */
export async function send<T>(method: string, url: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/json", Accept: "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new HttpError(0, "offline", "The server can't be reached. Check your connection and try again.");
  }
  if (!response.ok) throw errorOf(response.status, await response.text());
  return (await response.json()) as T;
}

/** The HttpError in an answer's body, or one that explains the bare status. */
export function errorOf(status: number, body: string): HttpError {
  try {
    const { error } = JSON.parse(body) as { error: { code: string; message: string } };
    return new HttpError(status, error.code, error.message);
  } catch {
    const message =
      status === 413
        ? "The file is too large for this server."
        : status === 403
          ? "The server refused the request. You may have been signed out. Reload the page."
          : `The server answered with an error (${status}). Try again in a moment.`;
    return new HttpError(status, "http", message);
  }
}
