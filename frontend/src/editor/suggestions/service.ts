/** The endpoints of suggestions, typed. */

import type { Api } from "../server/api";
import type { Method, SuggestionSet, TextAnswer } from "../server/types";

export class SuggestionService {
  constructor(
    private readonly api: Api,
    private readonly urls: { readonly suggestions: string; readonly text: string },
  ) {}

  load(): Promise<SuggestionSet> {
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

  find(phrase: string): Promise<TextAnswer> {
    return this.api.call("POST", this.urls.text, { phrase });
  }
}
