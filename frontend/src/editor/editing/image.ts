/** Actions on the whole image: finish, skip, write a note, encode again. */

import type { Store } from "../lib/store";
import { isBlank } from "../model/work";
import type { Outbox } from "../saving/outbox";
import { wordsOf, type Api } from "../server/api";
import type { StateMessage } from "../server/protocol";
import { encodingAfter, type State } from "../state";
import type { NextImage } from "./nextImage";
import type { Permission } from "./permission";
import type { Toasts } from "./toasts";
import type { Workbench } from "./workbench";

const STILL_UNSAVED =
  "Some changes aren't saved yet. They are stored in this browser and will be saved as soon as possible.";

/** What the commands need of the editor. */
export interface ImageContext {
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly nextImage: NextImage;
  readonly permission: Permission;
  readonly review: {
    /** Give the turn at reviewing back and take the image up again. */
    labelInstead(): void;
    accept(): Promise<void>;
    /** Ask about open comments first; false: nothing to ask. */
    asksAboutComments(to: "accept" | "finish"): boolean;
  };
  readonly openObject: {
    /** End what is in progress with a tool, or with a suggestion. */
    settle(): void;
    keep(): void;
  };
}

export class ImageCommands {
  constructor(
    private readonly context: ImageContext,
    private readonly api: Api,
  ) {}

  /** Mark the image done, and go to the next one when everything is saved. In a review: accept it. */
  async finish(): Promise<void> {
    const { context } = this;
    if (context.store.get().judging) return context.review.accept();
    if (!context.permission.may()) return;
    context.openObject.settle();
    const { open } = context.bench;
    if (open && !isBlank(open)) context.openObject.keep();
    if (context.bench.open) return; // its mask is empty, and `keep` said so
    if (context.nextImage.waits(() => void this.finish())) return;
    if (context.outbox.status !== "done") {
      if (context.review.asksAboutComments("finish")) return;
      context.outbox.add({ kind: "status", status: "done" });
    }
    await context.nextImage.onward();
  }

  /** Leave the image out, for a reason that others see, and go on. */
  async skip(reason: string): Promise<void> {
    const { bench, outbox, store, toasts, nextImage } = this.context;
    if (!this.context.permission.may()) return;
    if (bench.open && bench.open.at > 0) return toasts.say("Keep or cancel the open object first.");
    if (outbox.reason !== reason) outbox.add({ kind: "status", status: "skipped", reason });
    store.set({ dialog: null });
    await nextImage.onward();
  }

  askToSkip(): void {
    if (this.context.permission.may()) this.context.store.set({ dialog: "skip" });
  }

  /** Take “done” or “skipped” back. */
  resume(): void {
    const { outbox, permission } = this.context;
    const isEnded = outbox.status === "done" || outbox.status === "skipped";
    if (this.context.store.get().judging) return this.context.review.labelInstead();
    if (permission.canLabel && isEnded) outbox.add({ kind: "status", status: "in_progress" });
  }

  /** Say something about the image. */
  setNote(text: string): void {
    const { outbox, permission } = this.context;
    if (permission.canLabel && text.trim() !== outbox.note) outbox.add({ kind: "note", text: text.trim() });
  }

  /** For those who press “save”. */
  saySaved(): void {
    const { save, unsaved } = this.context.store.get();
    const saved = save.kind === "saved" && unsaved === 0;
    this.context.toasts.say(saved ? "All changes are saved." : STILL_UNSAVED);
  }

  /** End a conflict; what is dropped can be had back for a moment. */
  resolve(whose: "mine" | "theirs", without?: ReadonlySet<string>): void {
    const { outbox, toasts } = this.context;
    const dropped = outbox.resolve(whose, without);
    if (dropped === 0) return;
    const what = dropped === 1 ? "Your change was discarded." : `${dropped} of your changes were discarded.`;
    toasts.say(what, { label: "Restore", run: () => outbox.bringBack() });
  }

  retryEncoding(): Promise<void> {
    const queued = () => this.showEncoding({ type: "state", state: "queued" });
    return this.api.retryEncoding().then(queued, (error: unknown) => this.context.toasts.say(wordsOf(error)));
  }

  showEncoding(message: StateMessage): void {
    const { store } = this.context;
    store.set({ encoding: encodingAfter(store.get().encoding, message) });
  }
}
