import { expect, it } from "vitest";
import { outcome } from "./bulk";

it("says what was done to the images, not that they are done", () => {
  expect(outcome({ kind: "lot", lot: 3 }, 6, "Batch 1")).toBe("6 images moved to “Batch 1”");
  expect(outcome({ kind: "assign", members: [4] }, 1)).toBe("1 image assigned");
  expect(outcome({ kind: "assign", members: [] }, 2)).toBe("2 images taken back");
  expect(outcome({ kind: "tag", tag: "daylight", remove: false }, 6)).toBe("6 images tagged “daylight”");
  expect(outcome({ kind: "tag", tag: "daylight", remove: true }, 6)).toBe("6 images no longer tagged “daylight”");
  expect(outcome({ kind: "golden", remove: false }, 2)).toBe("2 images marked as golden");
  expect(outcome({ kind: "golden", remove: true }, 2)).toBe("2 images no longer golden");
  expect(outcome({ kind: "status", status: "in_progress" }, 3)).toBe("3 images set to in progress");
  expect(outcome({ kind: "delete" }, 1)).toBe("1 image deleted");
});
