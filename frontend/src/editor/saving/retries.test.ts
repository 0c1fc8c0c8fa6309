import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Unreachable } from "../server/api";
import { FAILED_FACTOR, Retries } from "./retries";

describe("retries", () => {
  const again = vi.fn();
  let retries: Retries;

  const fail = (pause = 0) => {
    retries.failed(new Unreachable("down", {}, 503, pause));
    retries.later();
  };
  const expectAfter = (pause: number) => {
    vi.advanceTimersByTime(pause - 1);
    expect(again).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(again).toHaveBeenCalledOnce();
    again.mockClear();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    again.mockClear();
    retries = new Retries(again, { first: 1_000, longest: 3_000 });
  });
  afterEach(() => void vi.useRealTimers());

  it("wait twice as long after each failure, and begin anew after a success", () => {
    for (const pause of [1_000, 2_000, 3_000, 3_000]) {
      fail();
      expectAfter(pause);
    }
    retries.succeeded();
    fail();
    expectAfter(1_000);
  });

  it("wait as long as the server asks, but not for ever", () => {
    fail(40_000);
    expectAfter(40_000);
    fail(3_600_000);
    expectAfter(120_000);
    fail();
    expectAfter(3_000);
  });

  it("try again what was set aside in rounds that are further and further apart", () => {
    for (const pause of [1_000, 2_000, 3_000]) {
      retries.nextRound();
      expectAfter(FAILED_FACTOR * pause);
    }
    retries.endRounds();
    retries.nextRound();
    expectAfter(FAILED_FACTOR * 1_000);
  });

  it("have one timer, and none once they are disposed of", () => {
    fail();
    retries.nextRound();
    expectAfter(FAILED_FACTOR * 1_000);
    fail();
    retries.dispose();
    retries.nextRound();
    vi.advanceTimersByTime(3_600_000);
    expect(again).not.toHaveBeenCalled();
  });
});
