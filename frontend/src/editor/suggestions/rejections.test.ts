import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ValueStorage } from "../lib/storage";
import { Refused, Unreachable } from "../server/api";
import { Rejections, type Decision } from "./rejections";

class MemoryStorage implements ValueStorage {
  readonly values = new Map<string, string>();

  read<T>(key: string): T | null {
    const text = this.values.get(key);
    return text === undefined ? null : (JSON.parse(text) as T);
  }
  write(key: string, value: unknown): void {
    this.values.set(key, JSON.stringify(value));
  }
  remove(key: string): void {
    this.values.delete(key);
  }
}

describe("rejections", () => {
  let storage: MemoryStorage;
  const decide = vi.fn<(how: Decision, uids: readonly string[]) => Promise<unknown>>();
  const told = vi.fn();
  const make = () => new Rejections({ decide }, storage, "here", told, { first: 5, longest: 10 });
  const settled = () => vi.waitFor(() => expect(storage.values.size).toBe(0));

  beforeEach(() => {
    storage = new MemoryStorage();
    decide.mockReset().mockResolvedValue({});
    told.mockReset();
  });

  it("are told, and the last word about each counts", async () => {
    const rejections = make();
    rejections.add("reject", ["a"]);
    rejections.add("reject", ["b", "c"]);
    rejections.add("reopen", ["b"]);
    await settled();
    expect(decide.mock.calls).toEqual([
      ["reject", ["a"]],
      ["reject", ["c"]],
      ["reopen", ["b"]],
    ]);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it("wait for a server that can't be reached, also over a reload", async () => {
    decide.mockRejectedValue(new Unreachable());
    const before = make();
    before.add("reject", ["a"]);
    await vi.waitFor(() => expect(decide.mock.calls.length).toBeGreaterThan(1));
    const next = make();
    expect(next.rejected).toEqual(["a"]);
    decide.mockResolvedValue({});
    expect(await next.tell()).toBe(true);
    await vi.waitFor(() => expect([before.rejected, next.rejected]).toEqual([[], []]));
  });

  it("go on without one that is gone", async () => {
    decide.mockImplementation((_, uids) =>
      uids.includes("gone") ? Promise.reject(new Refused(404, "no_such_suggestion", "")) : Promise.resolve({}),
    );
    vi.spyOn(console, "warn").mockImplementation(() => {});
    make().add("reject", ["a", "gone", "b"]);
    await settled();
    expect(decide.mock.calls.slice(1).map(([, uids]) => uids)).toEqual([["a"], ["gone"], ["b"]]);
  });
});
