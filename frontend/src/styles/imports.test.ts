import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The files that a stylesheet imports, and those that they import, in their order. */
function importedBy(file: string): string[] {
  const names = [...readFileSync(join(HERE, file), "utf8").matchAll(/@import "(.+)";/g)];
  const found = names.map(([, name]) => join(dirname(file), name!));
  return found.flatMap((one) => [one, ...importedBy(one)]);
}

it("every stylesheet is in the built one, once", () => {
  const there = readdirSync(HERE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".css"));
  const imported = ["interlabel.css", ...importedBy("interlabel.css")];
  expect(imported.toSorted()).toEqual(there.toSorted());
});
