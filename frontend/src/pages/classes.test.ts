// The keys that new classes get.

import { expect, it } from "vitest";
import { freeKey } from "./classes";

it("chooses the quickest key that is free, as the server does", () => {
  const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const taken = new Set(["1", "3"]);
  expect(freeKey(taken)).toBe("2");
  expect(freeKey(new Set(digits))).toBe("01");
  const all = new Set([...digits, ...digits.map((one) => `0${one}`)]);
  expect(freeKey(all, "Car")).toBe("0ca");
  expect(freeKey(new Set([...all, "0ca"]), "Car")).toBe("0cr");
  expect(freeKey(new Set([...all, "0ca", "0cr"]), "car")).toBe("0cb");
  expect(freeKey(all, "猫")).toBe("0aa");
  for (let left = 1; left <= 676; left += 1) all.add(freeKey(all, "x"));
  expect([all.size, freeKey(all, "x")]).toEqual([694, ""]);
});
