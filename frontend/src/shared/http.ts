/** JSON requests to our own server, for the editor and the pages. The callers turn failures into messages. */

import { csrfToken } from "./csrf";

/** What the server answered, whether it is a success or not. */
export interface Answer {
  readonly status: number;
  /** 2xx. */
  readonly ok: boolean;
  /** The JSON of the answer; null where it is none, as of a proxy's page. */
  readonly body: unknown;
  /** Milliseconds that the server wants to be left alone (`Retry-After`); 0 where it does not say. */
  readonly pause: number;
}

/** There was no answer: the server, or the network, is out of reach. */
export class NoAnswer extends Error {}

export interface RequestOptions {
  /** After so many milliseconds without an answer it is given up; null: the browser decides. */
  readonly timeout?: number | null;
  /** Send it to the end even when the page is left, as far as it is small enough. */
  readonly outlivesPage?: boolean;
  readonly fetcher?: typeof fetch;
}

/** Browsers allow 64 KiB of requests that outlive their page; leave room for the headers. */
const KEEPALIVE_BYTES = 60_000;

/** Send a request with an optional JSON body. Throws NoAnswer. */
export async function request(
  method: string,
  url: string,
  body?: unknown,
  { timeout = null, outlivesPage = false, fetcher = fetch }: RequestOptions = {},
): Promise<Answer> {
  const text = body === undefined ? null : JSON.stringify(body);
  let response: Response;
  try {
    response = await fetcher(url, {
      method,
      body: text,
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      keepalive: outlivesPage && text !== null && text.length < KEEPALIVE_BYTES,
      signal: timeout === null ? null : AbortSignal.timeout(timeout),
    });
  } catch (error) {
    throw new NoAnswer(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const answer: unknown = await response.json().catch(() => null);
  return { status: response.status, ok: response.ok, body: answer, pause: pauseOf(response) };
}

function pauseOf(response: Response): number {
  const seconds = Number(response.headers.get("Retry-After") ?? 0);
  return Number.isFinite(seconds) ? Math.max(0, 1000 * seconds) : 0;
}

/** `{"error": {"code": …, "message": …}}`, which every refusal of this server has. */
export interface ServerError {
  readonly code?: string;
  readonly message?: string;
}

/** The error in an answer's body; null where there is none of this server's. */
export function errorIn<Detail extends object = object>(body: unknown): (ServerError & Detail) | null {
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { error } = body;
  return typeof error === "object" && error !== null ? (error as ServerError & Detail) : null;
}
