import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { contrastRatio, type Oklch } from "./color.ts";

const themes = ["light", "dark"] as const;
type Theme = (typeof themes)[number];

const tokens = readTokens(readFileSync(new URL("styles.css", import.meta.url), "utf8"));

function readTokens(css: string): Map<string, Record<Theme, Oklch>> {
  const found = new Map<string, Record<Theme, Oklch>>();
  const color = String.raw`oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`;
  const token = new RegExp(String.raw`--([\w-]+): light-dark\(${color}, ${color}\);`, "gu");
  for (const [, name, ...parts] of css.matchAll(token)) {
    const [l, c, h, dl, dc, dh] = parts.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    found.set(name as string, { light: { l, c, h }, dark: { l: dl, c: dc, h: dh } });
  }
  return found;
}

function ratio(theme: Theme, text: string, ground: string): number {
  const [one, other] = [tokens.get(text), tokens.get(ground)];
  assert.ok(one !== undefined && other !== undefined, `${text} or ${ground} is not a token`);
  return contrastRatio(one[theme], other[theme]);
}

function failures(pairs: readonly (readonly [string, string])[], least: number): string[] {
  return themes.flatMap((theme) =>
    pairs
      .filter(([text, ground]) => ratio(theme, text, ground) < least)
      .map(
        ([text, ground]) =>
          `${theme}: ${text} on ${ground} ${ratio(theme, text, ground).toFixed(2)}`,
      ),
  );
}

const surfaces = ["canvas", "surface", "sunken", "hover"];
const meanings = ["accent", "sprint", "marathon", "hybrid", "positive", "negative", "caution"];
const greys = ["fg", "fg2", "fg3"];

test("the contrast of two known colors agrees with WCAG's own examples", () => {
  const black: Oklch = { l: 0, c: 0, h: 0 };
  const white: Oklch = { l: 1, c: 0, h: 0 };
  assert.equal(contrastRatio(black, white).toFixed(2), "21.00");
  // #767676 is the lightest grey that reaches 4.5:1 on white (4.54).
  assert.equal(contrastRatio({ l: 0.5659, c: 0, h: 0 }, white).toFixed(2), "4.54");
  // #ff0000 on white is 4.00.
  assert.equal(contrastRatio({ l: 0.62796, c: 0.25768, h: 29.234 }, white).toFixed(2), "4.00");
});

test("every text token reaches 4.5:1 on every surface", () => {
  const pairs = [...greys, ...meanings].flatMap((text) =>
    surfaces.map((ground) => [text, ground] as const),
  );
  assert.deepEqual(failures(pairs, 4.5), []);
});

test("every meaning reaches 4.5:1 on its own tint, and the greys on every tint", () => {
  const own = meanings.map((meaning) => [meaning, `${meaning}-tint`] as const);
  const grey = greys.flatMap((text) =>
    meanings.map((meaning) => [text, `${meaning}-tint`] as const),
  );
  assert.deepEqual(failures([...own, ...grey], 4.5), []);
});

test("text on ink and on a person's disc reaches 4.5:1", () => {
  const discs = [1, 2, 3, 4, 5, 6].map((disc) => ["on-person", `person-${disc}`] as const);
  assert.deepEqual(failures([["on-ink", "ink"], ["on-ink", "ink-hover"], ...discs], 4.5), []);
});

test("graphics that carry meaning reach 3:1: field borders, focus ring, icons on a solid disc", () => {
  const borders = ["fg3", "ring"].flatMap((line) =>
    surfaces.map((ground) => [line, ground] as const),
  );
  const icons = ["accent", "marathon", "hybrid", "positive", "negative"].map(
    (meaning) => ["on-solid", `${meaning}-solid`] as const,
  );
  const amber = [["on-caution", "caution-solid"] as const];
  assert.deepEqual(failures([...borders, ...icons, ...amber], 3), []);
});
