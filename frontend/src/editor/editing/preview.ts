/** Previews, while hovering, what a first click would select: one request at a time, always for the newest position. */

import { newUid } from "../lib/uid";
import type { Patch } from "../mask/rle";
import { wire, type Click } from "../model/clicks";
import type { Answer, Tracked } from "../server/connection";

/** At most so often is asked, however quick the server is: the rest of its time is for clicks. */
const GAP_MS = 60;
/** An answer that takes longer than this is not waited for. */
const LOST_MS = 2_000;

interface Requests {
  track(wanted: Tracked): void;
  release(object: string): void;
}

export class Preview {
  private object: string | null = null;
  private wanted: Click | null = null;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private askedAt = -Infinity;
  private answered = true;

  /** `show` gets each answer, and null when there is nothing to show any more. */
  constructor(
    private readonly connection: Requests,
    private readonly show: (patch: Patch | null) => void,
  ) {}

  /** The pointer is at another place; null: off the image, or the key was let go. */
  at(click: Click | null): void {
    this.wanted = click;
    if (click) this.ask();
    else this.stop();
  }

  /** Whether the answer was for this. */
  receive({ object, patch }: Answer): boolean {
    if (object !== this.object) return false;
    this.answered = true;
    this.show(patch);
    if (this.wanted) this.ask();
    return true;
  }

  /** Whether what the server refused was this; it is not asked again before the pointer moves. */
  refused(object: string): boolean {
    if (object !== this.object) return false;
    this.stop();
    return true;
  }

  private ask(): void {
    clearTimeout(this.waiting);
    const since = performance.now() - this.askedAt;
    const wait = (this.answered ? GAP_MS : LOST_MS) - since;
    if (wait > 0) {
      this.waiting = setTimeout(() => this.ask(), wait);
      return;
    }
    if (!this.wanted) return;
    this.object ??= newUid();
    this.answered = false;
    this.askedAt = performance.now();
    const clicks = [wire(this.wanted)];
    this.wanted = null;
    this.connection.track({ object: this.object, clicks, previous: null, box: null, closer: false });
  }

  private stop(): void {
    clearTimeout(this.waiting);
    this.wanted = null;
    this.answered = true;
    if (this.object) this.connection.release(this.object);
    this.object = null;
    this.show(null);
  }
}
