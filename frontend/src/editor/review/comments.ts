/** Threads of comments: writing, answering, resolving, setting and moving pins. */

import type { Toasts } from "../editing/toasts";
import type { Point } from "../lib/geometry";
import type { Store } from "../lib/store";
import { Refused, wordsOf } from "../server/api";
import type { Boot, ThreadData } from "../server/types";
import type { State } from "../state";
import type { ReviewApi } from "./api";
import { nextOpen, pinAt, placeOf, type PinPlace } from "./pins";
import type { NewPin, ReviewState } from "./state";

/** What comments need of the editor. */
export interface CommentsContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly tools: { readonly at: Point | null };
  readonly selection: { keptAt(at: Point): State["kept"][number] | undefined };
}

export class Comments {
  constructor(
    private readonly context: CommentsContext,
    private readonly store: Store<ReviewState>,
    private readonly api: ReviewApi,
    private readonly reload: () => Promise<void>,
  ) {}

  get threads(): readonly ThreadData[] {
    return this.store.get().data?.threads ?? [];
  }

  /** Whether this person may comment: who labels or reviews here, as long as the project is open. */
  get mayWrite(): boolean {
    const { can_label, can_review } = this.context.boot.user;
    return can_label || can_review;
  }

  /** Begin a comment: with a pin where the pointer is, or about the whole image. */
  begin(at: Point | null = this.context.tools.at): void {
    const { boot, selection, toasts } = this.context;
    if (!this.mayWrite) return toasts.say("You can read comments here but not write any.");
    void this.meet();
    if (!at) return this.store.set({ newPin: { at: null, object: null }, pinning: false, thread: null });
    const { x, y, object } = pinAt(at, selection.keptAt(at), boot.image);
    this.store.set({ newPin: { at: { x, y }, object }, pinning: false, thread: null });
  }

  /** The next press in the picture sets the pin, or not any more. */
  togglePinning(): void {
    const { newPin, pinning } = this.store.get();
    if (newPin) this.store.set({ pinning: !pinning });
  }

  /** Leave the comment that was begun. */
  cancel(): void {
    this.store.set({ newPin: null, pinning: false });
  }

  /** Write the comment that was begun. True when the server has it. */
  async write(text: string): Promise<boolean> {
    const { newPin } = this.store.get();
    if (!newPin || !text.trim()) return false;
    return this.attempt(async () => {
      const made = await this.api.begin(text, placed(newPin));
      const { data } = this.store.get();
      const shown = data && { ...data, threads: [...data.threads.filter(({ id }) => id !== made.id), made] };
      this.store.set({ data: shown, newPin: null, pinning: false, thread: made.id });
    });
  }

  /** Write a comment about the whole image. */
  say(text: string): Promise<boolean> {
    return this.attempt(() => this.api.begin(text, null));
  }

  reply(thread: ThreadData, text: string): Promise<boolean> {
    return text.trim() ? this.attempt(() => this.api.reply(thread.id, text)) : Promise.resolve(false);
  }

  edit(comment: number, text: string): Promise<boolean> {
    return text.trim() ? this.attempt(() => this.api.edit(comment, text)) : Promise.resolve(false);
  }

  setState(thread: ThreadData, state: ThreadData["state"]): Promise<boolean> {
    return this.attempt(() => this.api.change(thread.id, { state }));
  }

  /** One state for several threads. True when the server has it for each. */
  setAll(threads: readonly ThreadData[], state: ThreadData["state"]): Promise<boolean> {
    return this.attempt(async () => {
      for (const { id } of threads) await this.api.change(id, { state });
    });
  }

  remove(thread: ThreadData): Promise<boolean> {
    return this.attempt(() => this.api.remove(thread.id));
  }

  /** The pin was dragged to a point of the picture. */
  move(thread: ThreadData, to: Point): Promise<boolean> {
    const { boot, selection } = this.context;
    const place = pinAt(to, selection.keptAt(to), boot.image);
    const { data } = this.store.get();
    if (data) {
      const moved = data.threads.map((one) => (one.id === thread.id ? { ...one, ...place } : one));
      this.store.set({ data: { ...data, threads: moved } });
    }
    return this.attempt(() => this.api.change(thread.id, place));
  }

  /** Whether the pin is this person's to move. */
  isMine({ comments }: ThreadData): boolean {
    return this.mayWrite && comments[0]?.author?.id === this.context.boot.user.id;
  }

  point(thread: number | null): void {
    this.store.set({ thread });
  }

  /** Open the thread, and look at its pin where it has one. */
  go(thread: ThreadData): void {
    const place = placeOf(thread, this.context.store.get().kept);
    this.store.set({ thread: thread.id, ...(place && place !== "orphan" && { look: { ...place } }) });
  }

  /** Go to the next open thread. */
  next(): void {
    const found = nextOpen(this.threads, this.store.get().thread);
    if (found) this.go(found);
    else this.context.toasts.say("No open comments.");
  }

  /** Know whom a comment may name. */
  async meet(): Promise<void> {
    if (this.store.get().people) return;
    const found = await this.api.people().catch(() => null);
    if (found) this.store.set({ people: found.people });
  }

  private async attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      await this.reload();
      return true;
    } catch (error) {
      this.context.toasts.say(wordsOf(error));
      if (error instanceof Refused) await this.reload();
      return false;
    }
  }
}

function placed({ at, object }: NewPin): PinPlace | null {
  return at && { ...at, object };
}
