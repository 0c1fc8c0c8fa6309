import { describe, expect, it } from "vitest";
import { shortTime } from "./time";

describe("a time", () => {
  it("is written as on the server's pages, in local time", () => {
    expect(shortTime(new Date(2026, 10, 30, 10, 33).toISOString())).toBe("30 Nov 2026, 10:33");
    expect(shortTime(new Date(2026, 8, 5, 0, 4).toISOString())).toBe("5 Sep 2026, 00:04");
  });

  it("stays as it is where it can't be read", () => {
    expect(shortTime("soon")).toBe("soon");
  });
});
