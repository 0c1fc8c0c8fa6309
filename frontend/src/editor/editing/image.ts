/** What can be done with the image as a whole: finish it, skip it, say something about it, have it encoded again. */

import { wordsOf, type Api } from "../server/api";
import type { Journey } from "./nextImage";
import type { Outbox } from "../saving/outbox";
import { encodingAfter, type State } from "../state";
import type { Store } from "../lib/store";
import type { StateMessage } from "../server/protocol";
import type { Toasts } from "./toasts";
import { isBlank } from "../model/work";
import type { Workbench } from "./workbench";

const STILL_UNSAVED =
  "Some changes aren't saved yet. They are stored in this browser and are saved as soon as possible.";

/** What the commands need of the editor. */
export interface Desk {
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly journey: Journey;
  /** Whether the person may change the image, now. */
  readonly canLabel: boolean;
  /** The same; says why not. */
  may(): boolean;
  /** End what is in progress with a tool, or with a suggestion. */
  settle(): void;
  keep(): void;
}

export class ImageCommands {
  constructor(
    private readonly desk: Desk,
    private readonly api: Api,
  ) {}

  /** Mark the image done, and go to the next one when everything is saved. */
  async finish(): Promise<void> {
    const { desk } = this;
    if (!desk.may()) return;
    desk.settle();
    const { open } = desk.bench;
    if (open && !isBlank(open)) desk.keep();
    if (desk.bench.open) return; // its mask is empty, and `keep` said so
    if (desk.journey.waits(() => void this.finish())) return;
    if (desk.outbox.status !== "done") desk.outbox.add({ kind: "status", status: "done" });
    await desk.journey.onward();
  }

  /** Leave the image out, for a reason that others see, and go on. */
  async skip(reason: string): Promise<void> {
    const { bench, outbox, store, toasts, journey } = this.desk;
    if (!this.desk.may()) return;
    if (bench.open && bench.open.at > 0) return toasts.say("Keep or cancel the open object first.");
    if (outbox.reason !== reason) outbox.add({ kind: "status", status: "skipped", reason });
    store.set({ dialog: null });
    await journey.onward();
  }

  askToSkip(): void {
    if (this.desk.may()) this.desk.store.set({ dialog: "skip" });
  }

  /** Take “done” or “skipped” back. */
  resume(): void {
    const { outbox, canLabel } = this.desk;
    const isEnded = outbox.status === "done" || outbox.status === "skipped";
    if (canLabel && isEnded) outbox.add({ kind: "status", status: "in_progress" });
  }

  /** Say something about the image. */
  setNote(text: string): void {
    const { outbox, canLabel } = this.desk;
    if (canLabel && text.trim() !== outbox.note) outbox.add({ kind: "note", text: text.trim() });
  }

  /** For those who press “save”. */
  saySaved(): void {
    const { save, unsaved } = this.desk.store.get();
    const saved = save.kind === "saved" && unsaved === 0;
    this.desk.toasts.say(saved ? "All changes are saved." : STILL_UNSAVED);
  }

  /** End a conflict; what is dropped can be had back for a moment. */
  resolve(whose: "mine" | "theirs", without?: ReadonlySet<string>): void {
    const { outbox, toasts } = this.desk;
    const dropped = outbox.resolve(whose, without);
    if (dropped === 0) return;
    const what = dropped === 1 ? "Your change was discarded." : `${dropped} of your changes were discarded.`;
    toasts.say(what, { label: "Restore", run: () => outbox.bringBack() });
  }

  retryEncoding(): Promise<void> {
    const queued = () => this.showEncoding({ type: "state", state: "queued" });
    return this.api.retryEncoding().then(queued, (error) => this.desk.toasts.say(wordsOf(error)));
  }

  showEncoding(message: StateMessage): void {
    const { store } = this.desk;
    store.set({ encoding: encodingAfter(store.get().encoding, message) });
  }
}
