/** WCAG AA in both themes: texts 4.5:1 on every ground they stand on, outlines of controls and marks 3:1. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const TOKENS = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

/** A token's colour in a theme; one that lets the ground through is laid over `under`. */
function color(token: string, theme: "light" | "dark", under: readonly number[] = [0, 0, 0]): number[] {
  const value = new RegExp(`--color-${token}: ([^;]+);`).exec(TOKENS)?.[1];
  if (!value) throw new Error(`There is no --color-${token}.`);
  const both = /^light-dark\((.+), (#.+)\)$/.exec(value);
  const hex = (both ? both[theme === "light" ? 1 : 2]! : value).slice(1);
  const parts = [0, 2, 4, 6].map((at) => parseInt(hex.slice(at, at + 2) || "ff", 16));
  const alpha = parts[3]! / 255;
  return parts.slice(0, 3).map((part, index) => part * alpha + under[index]! * (1 - alpha));
}

function luminance(parts: readonly number[]): number {
  const [red, green, blue] = parts.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["bg", "surface", "raised"];
const TEXTS = ["text", "muted", "faint", "accent-text", "success", "warning", "danger"];
/** What stands on what besides. */
const PAIRS: readonly (readonly [text: string, ground: string, least: number])[] = [
  ...GROUNDS.flatMap((ground) => TEXTS.map((text) => [text, ground, 4.5] as const)),
  ...["text", "muted"].map((text) => [text, "sunken", 4.5] as const),
  ...["text", "muted"].map((text) => [text, "hover", 4.5] as const),
  ...["accent", "accent-hover", "danger-fill"].map((ground) => ["on-accent", ground, 4.5] as const),
  ...["text", "accent-text"].map((text) => [text, "accent-soft", 4.5] as const),
  ...["success", "warning", "danger"].map((text) => [text, `${text}-soft`, 4.5] as const),
  ...GROUNDS.flatMap((ground) => ["border-strong", "focus"].map((mark) => [mark, ground, 3] as const)),
];

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  it.each(PAIRS)("has enough contrast between %s and %s", (text, ground, least) => {
    const under = color(ground, theme, color("surface", theme));
    expect(contrast(color(text, theme, under), under)).toBeGreaterThanOrEqual(least);
  });
});
