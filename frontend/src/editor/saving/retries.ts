/** When to try again: the pause grows with each failure, and the server may want a longer one. */

import { pauseAfter, type Backoff } from "../../shared/backoff";
import { Unreachable } from "../server/api";

/** How many times longer than others a change waits that failed each time, and an image that is gone. */
export const FAILED_FACTOR = 20;
/** A server that is asked to be left alone longer than this is asked again, all the same. */
const LONGEST_PAUSE_MS = 120_000;

export class Retries {
  /** Attempts that failed, since one did not. */
  failures = 0;
  /** How long the server wants to be left alone, in milliseconds. */
  private asked = 0;
  /** Rounds of trying again what was set aside for the server's own faults. */
  private rounds = 0;
  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly again: () => void,
    private readonly backoff: Backoff,
  ) {}

  failed(error: unknown): void {
    this.failures += 1;
    this.asked = error instanceof Unreachable ? Math.min(error.pause, LONGEST_PAUSE_MS) : 0;
  }

  /** The server took a change: it does not want to be left alone any more. */
  succeeded(): void {
    [this.failures, this.asked] = [0, 0];
  }

  /** Try again after the pause of the failures, `factor` times. */
  later(factor = 1): void {
    this.schedule(this.pause(this.failures) * factor);
  }

  /** Try again what was set aside, after a pause that grows from round to round. */
  nextRound(): void {
    this.rounds += 1;
    this.schedule(this.pause(this.rounds) * FAILED_FACTOR);
  }

  endRounds(): void {
    this.rounds = 0;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
  }

  private pause(times: number): number {
    return Math.max(this.asked, pauseAfter(times, this.backoff));
  }

  private schedule(pause: number): void {
    this.stop();
    if (!this.disposed) this.timer = setTimeout(this.again, pause);
  }
}
