/** The state of an image has one colour, whether a bar, a chart or a tile shows it. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

/** The colours that the rule with exactly this selector names. */
function colours(css: string, selector: string): string[] {
  const body = css.split(`\n${selector} {`)[1]?.split("}")[0] ?? "";
  return [...new Set([...body.matchAll(/var\((--color-[\w-]+)\)/g)].map((one) => one[1]!))];
}

it.each([
  ["accepted", "accepted"],
  ["done", "done"],
  ["sent-back", "sent-back"],
  ["begun", "in-progress"],
  ["skipped", "skipped"],
])("%s", (state, series) => {
  const token = `--color-state-${state}`;
  expect(read("./tokens.css")).toContain(`${token}:`);
  expect(colours(read("./pages/progress.css"), `.states-bar__part--${state}`)).toContain(token);
  expect(colours(read("./pages/figures.css"), `.chart__swatch--${series}`)).toEqual([token]);
});
