/** A reviewer's turn at an image: taking it, going on with it, the verdict, and the way to the next image.
 *
 * A turn lasts ten minutes from the last sign of work (`touch`). A verdict names the version that was looked at, and is
 * only given once everything is saved.
 */

import type { NextImage } from "../editing/nextImage";
import type { Toasts } from "../editing/toasts";
import type { Toolbox } from "../editing/tools/toolbox";
import type { Workbench } from "../editing/workbench";
import type { ValueStorage } from "../lib/storage";
import { Store } from "../lib/store";
import { isBlank } from "../model/work";
import type { Outbox } from "../saving/outbox";
import { Refused, wordsOf, type Api } from "../server/api";
import type { Boot, ReviewData } from "../server/types";
import type { State } from "../state";
import { ReviewApi, type Judgement } from "./api";
import { Comments } from "./comments";
import { Compare } from "./compare";
import { NO_REVIEW, type ReviewState } from "./state";

/** What reviewing needs of the editor. */
export interface ReviewContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
  readonly nextImage: NextImage;
  readonly bench: Workbench;
  readonly tools: Pick<Toolbox, "at" | "rest">;
  readonly storage: ValueStorage;
  readonly selection: { keptAt(at: { x: number; y: number }): State["kept"][number] | undefined };
}

/** A turn is renewed this long after it was taken or renewed, when something is done. */
const RENEW_MS = 120_000;
/** Refused changes that can be saved once nothing stands in the way any more. */
const WAITED = new Set(["closed", "in_review"]);

export class Review {
  readonly store = new Store<ReviewState>(NO_REVIEW);
  readonly comments: Comments;
  readonly compare: Compare;
  private readonly api: ReviewApi;
  private renewedAt = 0;
  private disposed = false;
  /** Open comments were asked about: they keep neither finishing nor accepting up again. */
  private answered = false;
  /** What the question about open comments is for: to accept the image, not to finish it. */
  accepts = false;
  /** News that came while the review was being loaded. */
  private again = false;
  private loading: Promise<void> | null = null;

  constructor(
    private readonly context: ReviewContext,
    api: Pick<Api, "call">,
    private readonly now: () => number = () => performance.now(),
  ) {
    const { boot } = context;
    this.api = new ReviewApi(api, boot.image.id, boot.project.id);
    const reload = () => this.load();
    this.comments = new Comments(context, this.store, this.api, reload);
    this.compare = new Compare(context, this.store, this.api);
  }

  /** Load the review; a reviewer takes the turn at what waits for them. */
  load(): Promise<void> {
    if (this.disposed) return Promise.resolve();
    if (this.loading) {
      this.again = true;
      return this.loading;
    }
    this.loading = this.read().finally(() => {
      this.loading = null;
      if (this.again && !this.disposed) {
        this.again = false;
        void this.load();
      }
    });
    return this.loading;
  }

  /** The labels changed; with another status the review is another one, too. */
  heard(status: ReviewData["status"]): void {
    const { data } = this.store.get();
    if (data && data.status !== status) void this.load();
  }

  /** Somebody does something here: the turn goes on. */
  touch(): void {
    const { judging } = this.context.store.get();
    if (!judging || this.now() - this.renewedAt < RENEW_MS) return;
    void this.take(judging === "correct");
  }

  /** Take the turn, asked for by the person. */
  async takeTurn(): Promise<void> {
    this.store.set({ given: false });
    await this.take(false);
  }

  /** The turn is another's from now on; drafts of comments stay. */
  async leave(): Promise<void> {
    if (!this.context.store.get().judging) return;
    this.store.set({ given: true });
    this.show(null);
    await this.api.leave().then((data) => this.takeOver(data), ignored);
  }

  /** A labeler who was reviewing takes the image up again. */
  labelInstead(): void {
    if (!this.context.boot.user.can_label) return;
    void this.leave().then(() => this.context.outbox.add({ kind: "status", status: "in_progress" }));
  }

  /** Labels may be changed in this review, or not any more. */
  async toggleCorrect(): Promise<void> {
    const { store, toasts } = this.context;
    const { judging } = store.get();
    const { data } = this.store.get();
    if (!judging) return toasts.say("Labels can be corrected during a review. It isn't your turn at this image.");
    if (judging === "review" && !data?.may_correct) {
      return toasts.say("This project lets only annotators change labels. Send the image back.");
    }
    if (judging === "correct" && !this.settled()) return;
    await this.take(judging === "review");
  }

  /** The labels are right: accept them, and go on to the next image that waits. */
  async accept(): Promise<void> {
    const { data } = this.store.get();
    if (!this.mayJudge("accept") || this.asksAboutComments("accept")) return;
    if (data?.own_work) this.context.store.set({ dialog: "override" });
    else await this.judge({ verdict: "accepted" });
  }

  /** The open comments that finishing or accepting would leave: of others, or all of them in a review. */
  get openComments(): ReviewData["threads"] {
    const counts = (one: ReviewData["threads"][number]) => this.accepts || !this.comments.isMine(one);
    return this.comments.threads.filter((one) => one.state === "open" && counts(one));
  }

  /** Ask what becomes of open comments, to accept or to finish; false: there are none, or that was answered. */
  asksAboutComments(to: "accept" | "finish"): boolean {
    this.accepts = to === "accept";
    if (this.answered || this.openComments.length === 0) return false;
    this.context.store.set({ dialog: "openComments" });
    return true;
  }

  /** What becomes of them: ended together, or left open. False where that failed. */
  async answer(end: boolean): Promise<boolean> {
    const state = this.accepts ? "resolved" : "fixed";
    if (end && !(await this.comments.setAll(this.openComments, state))) return false;
    this.answered = true;
    this.context.store.set({ dialog: null });
    return true;
  }

  /** Open the sheet that sends the image back. */
  askToSendBack(): void {
    if (this.mayJudge("send back")) this.context.store.set({ dialog: "sendBack" });
  }

  /** Give the verdict. True when it was given. */
  async judge(said: Pick<Judgement, "verdict"> & Partial<Judgement>): Promise<boolean> {
    const { store, outbox, toasts } = this.context;
    if (this.store.get().busy || !this.settled()) return false;
    this.store.set({ busy: true });
    try {
      if (!(await outbox.settled()) || outbox.unsaved.length > 0) {
        toasts.say("Some changes aren't saved yet. Give the verdict once they are.");
        return false;
      }
      await this.api.judge({ summary: "", override: "", version: outbox.set.version, ...said });
      store.set({ dialog: null });
      this.show(null);
      this.store.set({ given: true });
      toasts.say(said.verdict === "accepted" ? "Accepted." : "Sent back.");
      await this.onward();
      return true;
    } catch (error) {
      await this.failed(error);
      return false;
    } finally {
      this.store.set({ busy: false });
    }
  }

  /** On to the next image that waits; where none does, that is said. */
  async onward(): Promise<void> {
    try {
      const { image } = await this.api.next();
      if (image !== null) await this.context.nextImage.visit(`/images/${image}/`);
      else {
        this.store.set({ nothingWaits: true });
        await this.load();
      }
    } catch (error) {
      this.context.toasts.say(wordsOf(error));
    }
  }

  /** The image is left: somebody else may review it. */
  dispose(): void {
    this.disposed = true;
    this.letGo();
  }

  /** The page is left, perhaps to come back. */
  letGo(): void {
    this.compare.remember();
    if (!this.context.store.get().judging) return;
    this.show(null);
    void this.api.leave().catch(ignored);
  }

  private async read(): Promise<void> {
    try {
      const data = await this.api.load();
      if (this.disposed) return;
      this.takeOver(data);
      if (!this.waits(data)) return;
      this.store.set({ pending: true });
      await this.take(false);
    } catch {
      // Without an answer: at the next news, or when the connection is back.
    } finally {
      this.store.set({ pending: false });
    }
  }

  private waits({ enabled, status, mine, own_work, waits, holder }: ReviewData): boolean {
    const free = enabled && waits && !mine && holder === null && status === "done" && !own_work;
    return free && this.context.boot.user.can_review && !this.store.get().given;
  }

  private async take(correct: boolean): Promise<void> {
    try {
      this.renewedAt = this.now();
      const data = await this.api.take(correct);
      if (this.disposed) return void this.api.leave().catch(() => {});
      this.store.set({ refused: "" });
      this.takeOver(data);
    } catch (error) {
      if (!(error instanceof Refused)) return;
      this.store.set({ refused: error.message, given: true });
      this.show(null);
    }
  }

  private takeOver(data: ReviewData): void {
    const { store, outbox } = this.context;
    const had = store.get().judging !== null;
    const before = this.store.get().data?.status;
    if (before !== data.status) this.answered = false;
    if (before !== undefined && before !== "done" && data.status === "done") {
      this.store.set({ given: false, nothingWaits: false }); // it is finished again: another turn
    }
    if (had && !data.mine) this.store.set({ given: true }); // it ran out, or is in another tab
    this.store.set({ data });
    this.show(data.mine ? (data.correcting ? "correct" : "review") : null);
    const closed = data.status === "accepted" ? "accepted" : data.holder !== null ? "in_review" : null;
    store.set({ closed });
    if (closed === null) outbox.retryRefused(({ code }) => WAITED.has(code));
    this.compare.changed();
  }

  /** What the person may do now, by their turn. */
  private show(judging: State["judging"]): void {
    const { store, outbox, tools, boot } = this.context;
    const before = store.get().judging;
    if (judging === before) return;
    outbox.corrects = judging === "correct";
    const first = boot.project.categories[0]?.number ?? null;
    store.set({ judging, activeCategory: store.get().activeCategory ?? (judging === "correct" ? first : null) });
    if (judging !== "correct") tools.rest();
  }

  /** Whether nothing is begun that a verdict would leave out. */
  private settled(): boolean {
    const { bench, toasts } = this.context;
    if (!bench.open || isBlank(bench.open)) return true;
    toasts.say("Keep or cancel the open object first.");
    return false;
  }

  private mayJudge(what: "accept" | "send back"): boolean {
    const { boot, toasts, store } = this.context;
    const { data } = this.store.get();
    const why = whyNot(boot, data, store.get().judging !== null, what);
    if (why) toasts.say(why);
    return why === "";
  }

  private async failed(error: unknown): Promise<void> {
    const { outbox, toasts, store } = this.context;
    if (error instanceof Refused && error.code === "conflict" && error.current) {
      store.set({ dialog: null });
      await outbox.refresh(error.current.version);
      toasts.say("The labels changed while you looked at them. Look again, then give the verdict.");
    } else toasts.say(wordsOf(error));
    await this.load();
  }
}

function ignored(): void {
  // The turn runs out by itself.
}

/** Why a person can't judge the image now, and what to do; empty: they can. */
export function whyNot(
  { user }: Pick<Boot, "user">,
  data: ReviewData | null,
  mine: boolean,
  what: "accept" | "send back",
): string {
  if (!user.can_review) return "Only reviewers and managers judge images.";
  if (!data) return "The review is still loading. Try again in a moment.";
  if (data.holder) return `${data.holder} is reviewing this image. Go on with another one.`;
  if (data.status === "accepted") return what === "accept" ? "This image is accepted already." : "";
  if (data.status === "sent_back") return "This image was sent back. It can be reviewed once it is fixed.";
  if (data.status !== "done") return "This image isn't finished yet. It can be reviewed once it is.";
  if (data.own_work && !user.can_manage) {
    return "You labeled this image yourself, so somebody else has to review it.";
  }
  return mine || data.own_work ? "" : "Press Review first, so that nobody else reviews this image at the same time.";
}
