import { beforeEach, expect, it, vi } from "vitest";
import { setUpActivity } from "./activity";
import { FakeSocket } from "./fakeSocket";

const fetched = vi.fn(() => Promise.resolve({ ok: true, text: () => Promise.resolve("<ol>new</ol>") }));
const replaced = vi.fn();
let focused = false;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.made.length = 0;
  fetched.mockClear();
  replaced.mockClear();
  focused = false;
  const list = {
    contains: () => focused,
    replaceChildren: replaced,
    querySelectorAll: () => [],
  };
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("location", { protocol: "http:", host: "here", href: "/projects/3/activity/" });
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal(
    "DOMParser",
    class {
      parseFromString = () => ({ querySelector: () => ({ childNodes: ["new"] }) });
    },
  );
  vi.stubGlobal("document", {
    querySelector: (wanted: string) => (wanted.includes("data-live") ? { dataset: { live: "/ws/projects/3/" } } : list),
  });
  setUpActivity();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it("asks once for the new list after a burst of changes", async () => {
  const [socket] = FakeSocket.made;
  socket!.say({ type: "snapshot" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(fetched).not.toHaveBeenCalled();
  for (let change = 0; change < 20; change += 1) socket!.say({ type: "annotations" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(replaced).toHaveBeenCalledWith("new");
});

it("asks again after a lost connection, and leaves a list alone that somebody is in", async () => {
  FakeSocket.made[0]!.say({ type: "snapshot" });
  FakeSocket.made[0]!.end(1006);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(fetched).not.toHaveBeenCalled();
  focused = true;
  FakeSocket.made[1]!.say({ type: "snapshot" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(replaced).not.toHaveBeenCalled();
});
