import { beforeEach, expect, it, vi } from "vitest";
import { FakeSocket } from "./fakeSocket";
import { watchJobs } from "./life";

const reload = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.made.length = 0;
  reload.mockClear();
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("location", { protocol: "http:", host: "here" });
  vi.stubGlobal("document", { querySelectorAll: () => [{ dataset: { socket: "/ws/projects/3/" } }] });
  watchJobs(reload);
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it("loads a page anew when the project takes its socket along", () => {
  FakeSocket.made[0]!.say({ type: "snapshot" });
  FakeSocket.made[0]!.end(4404);
  expect(reload).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect(reload).toHaveBeenCalledTimes(1);
  expect(FakeSocket.made).toHaveLength(1);
});

it("loads a page anew after a connection that was lost: the job may have ended meanwhile", () => {
  FakeSocket.made[0]!.say({ type: "snapshot" });
  FakeSocket.made[0]!.end(1006);
  vi.advanceTimersByTime(20_000);
  expect(reload).not.toHaveBeenCalled();
  FakeSocket.made[1]!.say({ type: "snapshot" });
  expect(reload).toHaveBeenCalledTimes(1);
});
