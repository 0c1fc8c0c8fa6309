/** The ways from this image to another one: what the project offers, or along the strip where it shows a choice. */

import type { Boot, Surroundings } from "./boot";
import type { Outbox } from "./outbox";
import type { State } from "./state";
import type { Store } from "./store";
import type { Toasts } from "./toasts";

/** What is told about the images around one. */
export type Neighbours = Pick<Boot, "previous" | "upcoming">;
/** `stay`: the browser's history is there already. */
export type How = "push" | "stay";

const UNSAVED = "Saving. The next image opens when that is done, unless you start another object here.";
const FINISHING = "Waiting for the mask of the last object.";

export class Journey {
  /** As they were told last. */
  neighbours: Neighbours;
  private afterFinishing: (() => void) | null = null;
  private afterSaving: (() => void) | null = null;

  constructor(
    private readonly boot: Boot,
    private readonly around: Pick<Surroundings, "strip" | "cameFrom" | "go">,
    private readonly store: Store<State>,
    private readonly outbox: Outbox,
    private readonly toasts: Toasts,
  ) {
    this.neighbours = boot;
  }

  async next(): Promise<void> {
    if (!this.strip.filtered) return this.leave(this.neighbours.upcoming[0]?.editor ?? this.boot.project.next);
    const next = await this.along(1);
    if (next) await this.leave(next);
    else this.toasts.say("This is the last image that matches the filter.");
  }

  async previous(): Promise<void> {
    const { filtered } = this.strip;
    const previous = filtered ? await this.along(-1) : this.before;
    if (previous) await this.leave(previous);
    else this.toasts.say(filtered ? "This is the first image that matches the filter." : "This is the first image.");
  }

  /** This image is finished or skipped: on to the next one that waits. */
  async onward(): Promise<void> {
    await this.leave((await this.along(1)) ?? this.boot.project.next);
  }

  /** Where people most often go from here, the likeliest first. */
  async likely(): Promise<string[]> {
    const { upcoming } = this.neighbours;
    const [next, before] = this.strip.filtered
      ? await Promise.all([this.along(1), this.along(-1)])
      : [upcoming[0]?.editor, this.before];
    return [next, before, upcoming[1]?.editor].filter((url) => typeof url === "string");
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

  /** Where somebody came from; the image before this one for whoever began here. */
  private get before(): string | null {
    return this.around.cameFrom ?? this.neighbours.previous;
  }

  private get strip(): Surroundings["strip"] {
    return this.around.strip;
  }

  /** The neighbour along the strip, where it shows a choice of images; null for none. */
  private along(by: 1 | -1): Promise<string | null> {
    return this.strip.filtered ? this.strip.step(this.boot.image.id, by) : Promise.resolve(null);
  }

  private async leave(url: string): Promise<void> {
    await this.visit(url);
  }
}
