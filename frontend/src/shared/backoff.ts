/** Pauses between attempts to reach the server: each is twice as long as the one before. */

export interface Backoff {
  /** Milliseconds. */
  readonly first: number;
  readonly longest: number;
}

/** The pause after so many failures in a row, the first being 1. */
export function pauseAfter(failures: number, { first, longest }: Backoff): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}

/** A quarter shorter or longer, by chance: after a restart of the server not everybody comes back at once. */
export function spread(pause: number, random: () => number = Math.random): number {
  return pause * (0.75 + random() / 2);
}
