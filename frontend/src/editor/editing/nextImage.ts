/** Finds the next and the previous image.
 *
 * They are the neighbours in the project's list, or in the filmstrip while it is filtered. Finishing or skipping an image
 * opens the next image to label instead, in the project's own order.
 */

import type { Store } from "../lib/store";
import type { Outbox } from "../saving/outbox";
import type { Api } from "../server/api";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { Filmstrip } from "./filmstrip";
import type { Toasts } from "./toasts";

/** What is told about the images around one. */
export type Neighbours = Pick<Boot, "previous" | "following" | "upcoming">;
/** `stay`: the browser's history is there already. */
export type How = "push" | "stay";

const UNSAVED = "Saving. The next image opens when everything is saved, unless you start another object here.";
/** Images that are prefetched. */
const MOST_LIKELY = 3;
const FINISHING = "Waiting for the mask of the last object.";

export class NextImage {
  /** As they were told last. */
  neighbours: Neighbours;
  private afterFinishing: (() => void) | null = null;
  private afterSaving: (() => void) | null = null;

  constructor(
    private readonly boot: Boot,
    private readonly around: {
      readonly filmstrip: Filmstrip;
      readonly api: Api;
      readonly go: (url: string, how: How) => void;
    },
    private readonly store: Store<State>,
    private readonly outbox: Outbox,
    private readonly toasts: Toasts,
  ) {
    this.neighbours = boot;
  }

  async next(): Promise<void> {
    const { filtered } = this.filmstrip;
    const next = filtered ? await this.along(1) : this.neighbours.following;
    if (next) await this.leave(next);
    else this.toasts.say(filtered ? "This is the last image that matches the filter." : "This is the last image.");
  }

  async previous(): Promise<void> {
    const { filtered } = this.filmstrip;
    const previous = filtered ? await this.along(-1) : this.neighbours.previous;
    if (previous) await this.leave(previous);
    else this.toasts.say(filtered ? "This is the first image that matches the filter." : "This is the first image.");
  }

  /** This image is finished or skipped: on to the next one that waits. */
  async onward(): Promise<void> {
    await this.leave((await this.along(1)) ?? this.boot.project.next);
  }

  /** The editor's address of the image with this number in the project, or with this name. Throws what the API throws. */
  async find(wanted: string): Promise<string> {
    const { image } = await this.around.api.jump(this.boot.project.id, wanted);
    return `/images/${image}/`;
  }

  /** Where people most often go from here, the likeliest first. */
  async likely(): Promise<string[]> {
    const { upcoming, following, previous } = this.neighbours;
    const [next, before] = this.filmstrip.filtered
      ? await Promise.all([this.along(1), this.along(-1)])
      : [following, previous];
    const onward = this.filmstrip.filtered ? next : upcoming[0]?.editor;
    const urls = [onward, next, before, upcoming[1]?.editor].filter((url) => typeof url === "string");
    return [...new Set(urls)].slice(0, MOST_LIKELY);
  }

  /** Go to another image, or page. What is not saved holds that up, and it is said. True when it is left at once. */
  async visit(url: string, how: How = "push"): Promise<boolean> {
    if (this.waits(() => void this.visit(url, how))) return false;
    const saved = await this.outbox.settled();
    if (saved) this.around.go(url, how);
    else if (!this.store.get().conflict) {
      this.afterSaving = () => void this.visit(url, how);
      this.toasts.say(UNSAVED);
    }
    return saved;
  }

  /** Whether kept objects still wait for their last mask; `then` is called when none does, unless work goes on. */
  waits(then: () => void): boolean {
    if (this.store.get().finishing.length === 0) return false;
    this.afterFinishing = then;
    this.toasts.say(FINISHING);
    return true;
  }

  /** The last kept object has its mask: what waited for it. */
  finished(): void {
    const then = this.afterFinishing;
    this.afterFinishing = null;
    then?.();
  }

  /** Everything is saved: whoever wanted to leave does. */
  saved(): void {
    const then = this.afterSaving;
    this.afterSaving = null;
    then?.();
  }

  /** Another object is begun: nobody leaves now. */
  stay(): void {
    this.afterFinishing = null;
    this.afterSaving = null;
  }

  private get filmstrip(): Filmstrip {
    return this.around.filmstrip;
  }

  /** The neighbour along the filmstrip, where it shows a choice of images; null for none. */
  private along(by: 1 | -1): Promise<string | null> {
    return this.filmstrip.filtered ? this.filmstrip.step(this.boot.image.id, by) : Promise.resolve(null);
  }

  private async leave(url: string): Promise<void> {
    await this.visit(url);
  }
}
