import { afterEach, expect, it, vi } from "vitest";
import { setUpTimeZone } from "./timeZone";

afterEach(() => vi.unstubAllGlobals());

it("tells the server the browser's zone for a year, with its slash escaped", () => {
  const written: string[] = [];
  vi.stubGlobal("document", {
    set cookie(text: string) {
      written.push(text);
    },
  });
  vi.spyOn(Intl, "DateTimeFormat").mockReturnValue({
    resolvedOptions: () => ({ timeZone: "Europe/Berlin" }),
  } as Intl.DateTimeFormat);
  setUpTimeZone();
  expect(written).toEqual(["time-zone=Europe%2FBerlin; path=/; max-age=31536000; samesite=lax"]);
});
