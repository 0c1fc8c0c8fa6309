import { describe, expect, it } from "vitest";

import { errorOf, jsonOf } from "./http";

describe("errorOf", () => {
  it("takes the server's own words", () => {
    const error = errorOf(409, jsonOf('{"error": {"code": "closed", "message": "This upload is closed."}}'));
    expect([error.status, error.code, error.message]).toEqual([409, "closed", "This upload is closed."]);
  });

  it.each([
    [413, "too large"],
    [403, "signed out"],
    [502, "(502)"],
  ])("explains a bare %i", (status, words) => {
    expect(errorOf(status, jsonOf("<html>a proxy's page</html>")).message).toContain(words);
  });

  it("does not trust JSON of another shape", () => {
    expect(errorOf(500, "oops").code).toBe("http");
    expect(errorOf(500, {}).code).toBe("http");
  });
});
