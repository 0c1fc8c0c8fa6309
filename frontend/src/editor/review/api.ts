/** The review's endpoints of one image: typed calls. Errors as `server/api.ts` says. */

import { Unreachable, type Api } from "../server/api";
import type { NextToReview, OldVersion, PersonData, ReviewData, ThreadData, VerdictGiven } from "../server/types";
import type { PinPlace } from "./pins";

/** Checks that an answer is one of this server's. */
function whole(data: ReviewData): ReviewData {
  if (!Array.isArray(data.threads) || !Array.isArray(data.verdicts)) {
    throw new Unreachable("The server's answer can't be read.");
  }
  return data;
}

export interface Judgement {
  readonly version: number;
  readonly verdict: "accepted" | "sent_back";
  readonly summary: string;
  readonly override: string;
}

export class ReviewApi {
  constructor(
    private readonly api: Pick<Api, "call">,
    private readonly image: number,
    private readonly project: number,
  ) {}

  load(): Promise<ReviewData> {
    return this.api.call<ReviewData>("GET", `${this.here}/review`).then(whole);
  }

  take(correct: boolean): Promise<ReviewData> {
    return this.api.call<ReviewData>("POST", `${this.here}/review`, { correct }).then(whole);
  }

  leave(): Promise<ReviewData> {
    return this.api.call("DELETE", `${this.here}/review`, {}); // with a body it outlives the page
  }

  judge(judgement: Judgement): Promise<VerdictGiven> {
    return this.api.call("POST", `${this.here}/verdict`, judgement);
  }

  next(): Promise<NextToReview> {
    return this.api.call("POST", `/api/projects/${this.project}/review/next`, { after: this.image });
  }

  at(version: number): Promise<OldVersion> {
    return this.api.call("GET", `${this.here}/versions?version=${version}`);
  }

  people(): Promise<{ readonly people: readonly PersonData[] }> {
    return this.api.call("GET", `/api/projects/${this.project}/people`);
  }

  begin(text: string, pin: PinPlace | null): Promise<ThreadData> {
    return this.api.call("POST", `${this.here}/threads`, { text, ...pin });
  }

  reply(thread: number, text: string): Promise<unknown> {
    return this.api.call("POST", `/api/threads/${thread}/comments`, { text });
  }

  edit(comment: number, text: string): Promise<unknown> {
    return this.api.call("PUT", `/api/comments/${comment}`, { text });
  }

  change(thread: number, change: { state: ThreadData["state"] } | PinPlace): Promise<ThreadData> {
    return this.api.call("PATCH", `/api/threads/${thread}`, change);
  }

  remove(thread: number): Promise<unknown> {
    return this.api.call("DELETE", `/api/threads/${thread}`);
  }

  private get here(): string {
    return `/api/images/${this.image}`;
  }
}
