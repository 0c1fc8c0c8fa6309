/** The annotation endpoints: typed calls. Errors say whether a retry can help. */

import { errorIn, NoAnswer, request, type Answer } from "../../shared/http";
import type * as server from "../../shared/server_types";
import type { Status } from "../../shared/types";
import type { KeptClick, Attributes, AnnotationData, AnnotationSetData, ProjectData, Endpoints, Boot } from "./types";

/** The server did not answer, or not now (5xx): the same request may succeed later. */
export class Unreachable extends Error {
  constructor(
    message = "",
    options: ErrorOptions = {},
    /** 0: there was no answer. */
    readonly status = 0,
    /** Milliseconds that the server wants to be left alone. */
    readonly pause = 0,
  ) {
    super(message, options);
  }
}

/** The server refused: repeating the request as it is will not help. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** With a conflict: the annotation set as it is on the server now. */
    readonly current: AnnotationSetData | null = null,
  ) {
    super(message);
  }
}

/** What to say about a request that failed. */
export function wordsOf(error: unknown): string {
  if (error instanceof Unreachable) {
    const { cause } = error; // what the server said, if it did: too many at once
    return typeof cause === "string" ? cause : "The server can't be reached. Try again in a moment.";
  }
  return error instanceof Refused
    ? error.message
    : "Something went wrong. Try again. If it happens again, reload the page.";
}

const TIMEOUT_MS = 30_000;

export class Api {
  constructor(
    private readonly endpoints: Endpoints,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  load(): Promise<AnnotationSetData> {
    return this.call<AnnotationSetData>("GET", this.endpoints.annotations).then(whole("annotations"));
  }

  create(body: {
    version: number;
    uid: string;
    category: number;
    counts: string;
    clicks: readonly KeptClick[];
    z?: number;
    attributes?: Attributes;
    crowd?: boolean;
  }): Promise<server.KeptOne> {
    return this.call<server.KeptOne>("POST", this.endpoints.annotations, body).then(whole("annotation"));
  }

  change(
    id: number,
    body: {
      version: number;
      category?: number;
      counts?: string;
      clicks?: readonly KeptClick[];
      z?: number;
      attributes?: Attributes;
    },
  ): Promise<server.KeptOne> {
    return this.call<server.KeptOne>("PUT", `${this.endpoints.annotation}${id}`, body).then(whole("annotation"));
  }

  /** Several changes that belong together: all are carried out, or none. */
  changeMany(body: { version: number; changes: readonly object[] }): Promise<server.KeptMany> {
    return this.call<server.KeptMany>("POST", this.endpoints.changes, body).then(whole("annotations"));
  }

  remove(id: number, version: number): Promise<server.NewVersion> {
    return this.call<server.NewVersion>("DELETE", `${this.endpoints.annotation}${id}`, { version }).then(whole());
  }

  setStatus(status: Status, version: number, reason?: string): Promise<server.StatusSet> {
    const body = { version, status, ...(reason && { reason }) };
    return this.call<server.StatusSet>("POST", this.endpoints.status, body).then(whole());
  }

  setNote(text: string, version: number): Promise<server.NoteSet> {
    return this.call<server.NoteSet>("POST", this.endpoints.note, { version, text }).then(whole());
  }

  /** How long the image was worked on so far; `session` names this opening of it. */
  reportTime(session: string, seconds: number): Promise<unknown> {
    return this.call("POST", this.endpoints.time, { session, seconds });
  }

  saveKeys(keys: Readonly<Record<string, readonly string[]>>): Promise<unknown> {
    return this.call("PUT", this.endpoints.keys, { keys });
  }

  images(query: Readonly<Record<string, string | number>>): Promise<server.ImagesPage> {
    const words = Object.entries(query).map(([name, value]) => [name, String(value)]);
    return this.call("GET", `${this.endpoints.images}?${new URLSearchParams(words)}`);
  }

  /** The image at a place of the project, or with a name. */
  jump(project: number, to: string): Promise<server.JumpedTo> {
    return this.call("GET", `/api/projects/${project}/jump?${new URLSearchParams({ to })}`);
  }

  /** The project as it is now, with the person's role. */
  project(id: number): Promise<ProjectData> {
    return this.call("GET", `/api/projects/${id}`);
  }

  /** What the editor starts with on another image; `url` is its page's. */
  boot(url: string): Promise<Boot> {
    return this.call("GET", `/api${url}editor`);
  }

  /** The image that the project offers after this one. */
  next(after: number): Promise<Pick<server.NextImage, "image">> {
    return this.call("POST", this.endpoints.next, { after });
  }

  /** Ask for the image's features to be computed once more. */
  retryEncoding(): Promise<unknown> {
    return this.call("POST", this.endpoints.retry);
  }

  async call<T>(method: string, url: string, body?: object): Promise<T> {
    const options = { timeout: TIMEOUT_MS, outlivesPage: true, fetcher: this.fetcher };
    const answer = await request(method, url, body, options).catch((error: unknown) => {
      throw error instanceof NoAnswer ? new Unreachable(error.message) : error;
    });
    if (answer.ok && answer.body !== null) return answer.body as T;
    throw failure(answer);
  }
}

interface Versioned {
  readonly version: number;
}

/** Checks that an answer is one of this server's: what a proxy says in its place must not be taken for "saved". */
function whole<T extends Versioned>(part?: "annotation" | "annotations"): (answer: T) => T {
  return (answer) => {
    const found = part && (answer as unknown as Record<string, unknown>)[part];
    const one = (value: unknown) => typeof (value as AnnotationData | null)?.uid === "string";
    const right = !part || (part === "annotation" ? one(found) : Array.isArray(found) && found.every(one));
    if (!Number.isInteger(answer.version) || !right) throw new Unreachable("The server's answer can't be read.");
    return answer;
  };
}

const WAITS: readonly number[] = [408, 425, 429];

function failure({ status, ok, body, pause }: Answer): Error {
  const error = errorIn<{ current?: AnnotationSetData }>(body);
  if (status >= 500 || WAITS.includes(status) || ok) {
    return new Unreachable(`The server answered ${status}.`, { cause: error?.message }, status, pause);
  }
  return new Refused(
    status,
    error?.code ?? "refused",
    error?.message ?? `The server refused the change (${status}).`,
    error?.current ?? null,
  );
}
