/** When to try again: the pause grows with each failure, and the server may ask for a longer one. */

import { pauseAfter, type Backoff } from "../../shared/backoff";
import { Unreachable } from "../server/api";

/** Changes that always failed, and images that are gone, are tried again after a pause that is this much longer. */
export const FAILED_FACTOR = 20;
/** The longest pause that a server can ask for (`Retry-After`). */
const LONGEST_PAUSE_MS = 120_000;

export class Retries {
  /** Failed attempts since the last success. */
  failures = 0;
  /** The pause that the server asked for, in milliseconds. */
  private asked = 0;
  /** Rounds of retrying changes that were set aside because of errors of the server. */
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

  /** The server accepted a change: start again with the shortest pause. */
  succeeded(): void {
    [this.failures, this.asked] = [0, 0];
  }

  /** Try again after `factor` times the pause for the failures so far. */
  later(factor = 1): void {
    this.schedule(this.pause(this.failures) * factor);
  }

  /** Retry changes that were set aside, after a pause that grows with each round. */
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
