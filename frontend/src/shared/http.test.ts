import { describe, expect, it } from "vitest";
import { errorIn, NoAnswer, request } from "./http";

/** A fetch that notes what it is asked for. */
function answering(answer: () => Response): { fetcher: typeof fetch; asked: RequestInit[] } {
  const asked: RequestInit[] = [];
  const fetcher = (_: unknown, init: RequestInit = {}) => {
    asked.push(init);
    return Promise.resolve().then(answer);
  };
  return { fetcher: fetcher, asked };
}

describe("a request", () => {
  it("gives JSON, whatever the status, and the pause that the server asks for", async () => {
    const busy = () => Response.json({ error: { code: "busy" } }, { status: 503, headers: { "Retry-After": "7" } });
    const { fetcher, asked } = answering(busy);
    const answer = await request("PUT", "/keys", { keys: {} }, { fetcher });
    expect(answer).toEqual({ status: 503, ok: false, body: { error: { code: "busy" } }, pause: 7000 });
    expect(asked[0]).toMatchObject({
      method: "PUT",
      body: '{"keys":{}}',
      credentials: "same-origin",
      keepalive: false,
    });
    expect(asked[0]!.headers).toHaveProperty("X-CSRFToken");
  });

  it("has no body where the answer is no JSON", async () => {
    const { fetcher } = answering(() => new Response("<html>a proxy's page</html>", { status: 200 }));
    expect(await request("GET", "/set", undefined, { fetcher })).toMatchObject({ ok: true, body: null, pause: 0 });
  });

  it("says so when there is no answer", async () => {
    const { fetcher } = answering(() => {
      throw new TypeError("Failed to fetch");
    });
    const failed = request("GET", "/set", undefined, { fetcher });
    await expect(failed).rejects.toThrow(NoAnswer);
    await expect(failed).rejects.toThrow("Failed to fetch");
  });

  it("outlives the page only while it is small enough for browsers", async () => {
    const { fetcher, asked } = answering(() => Response.json({}));
    await request("POST", "/set", { counts: "a" }, { fetcher, outlivesPage: true });
    await request("POST", "/set", { counts: "a".repeat(60_000) }, { fetcher, outlivesPage: true });
    expect(asked.map(({ keepalive }) => keepalive)).toEqual([true, false]);
  });
});

describe("the error in an answer", () => {
  it("is the server's own", () => {
    expect(errorIn({ error: { code: "closed", message: "It is closed." } })?.code).toBe("closed");
  });

  it.each([null, "oops", {}, { error: "oops" }, { error: null }])("is none in %j", (body) => {
    expect(errorIn(body)).toBeNull();
  });
});
