/** The suggestions' endpoints, typed. */

import type { Api } from "../server/api";
import type { Method, SuggestionData } from "./offer";

/** How far a method is with the image. */
export interface Look {
  readonly method: Method;
  readonly state: "queued" | "running" | "ready" | "failed" | "stopped";
  readonly found: number;
  readonly reason?: string;
}

export interface Offers {
  readonly results: readonly SuggestionData[];
  readonly running: readonly Method[];
  readonly looked: readonly Look[];
}

/** A response map: 8-bit greyscale, base64; `cell` is width and height of one of its pixels in pixels of the view. */
export interface HeatData {
  readonly width: number;
  readonly height: number;
  readonly cell: readonly [number, number];
  readonly png: string;
}

export interface Found {
  readonly heat: HeatData;
  readonly suggestion: SuggestionData | null;
  readonly missing?: "kept" | "nothing";
}

export class SuggestionService {
  constructor(
    private readonly api: Api,
    private readonly urls: { readonly suggestions: string; readonly text: string },
  ) {}

  load(): Promise<Offers> {
    return this.api.call("GET", this.urls.suggestions);
  }

  /** Have a method look at the image, before all others. */
  ask(method: Method): Promise<unknown> {
    return this.api.call("POST", this.urls.suggestions, { method });
  }

  /** Reject these, or take that back. */
  decide(how: "reject" | "reopen", uids: readonly string[]): Promise<unknown> {
    return this.api.call("POST", `${this.urls.suggestions}/${how}`, { uids });
  }

  find(phrase: string): Promise<Found> {
    return this.api.call("POST", this.urls.text, { phrase });
  }
}
