import { describe, expect, it } from "vitest";
import { pauseAfter, spread } from "./backoff";

describe("pauses between attempts", () => {
  const backoff = { first: 500, longest: 15_000 };

  it("double until they are the longest", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((failures) => pauseAfter(failures, backoff));
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  it("are spread by a quarter to both sides", () => {
    expect([0, 0.5, 1].map((chance) => spread(1000, () => chance))).toEqual([750, 1000, 1250]);
  });
});
