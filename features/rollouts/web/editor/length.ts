import { durationMs } from "../../domain/duration.ts";

const SECOND_MS = 1_000;

/** From the longest on: what it is called, how long it is, and its letter in ISO 8601. */
const UNITS = [
  { name: "day", many: "days", seconds: 86_400, letter: "D" },
  { name: "h", many: "h", seconds: 3_600, letter: "H" },
  { name: "min", many: "min", seconds: 60, letter: "M" },
  { name: "s", many: "s", seconds: 1, letter: "S" },
] as const;
const PART = /(\d+(?:\.\d+)?)\s*(w|d|h|m|s)[a-z]*/gu;
const PARTS_ONLY =
  /^(?:\d+(?:\.\d+)?\s*(?:weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\s*)+$/u;
const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

/** Each unit that is left in it, the longest first. */
function partsOf(seconds: number): readonly { unit: (typeof UNITS)[number]; count: number }[] {
  let rest = seconds;
  return UNITS.map((unit) => {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    return { unit, count };
  }).filter(({ count }) => count > 0);
}

/** "1 day 12 h" for `P1DT12H`, to the second; what is no length stays as it is. */
export function lengthText(length: string): string {
  const ms = durationMs(length);
  return ms === null || ms === 0 ? length : exactWords(ms);
}

/** "2 days 13 h", to the second. */
export function exactWords(ms: number): string {
  return partsOf(Math.floor(ms / SECOND_MS))
    .map(({ unit, count }) => `${count} ${count === 1 ? unit.name : unit.many}`)
    .join(" ");
}

/**
 * The ISO 8601 duration of what people type: "4 h", "90 min", "1.5 days", or one as it is written.
 * What cannot be read is given back, so that the server says what is wrong with it.
 */
export function readLength(text: string): string {
  const words = text.trim().toLowerCase().replaceAll(",", ".");
  if (!PARTS_ONLY.test(words)) return text.trim().toUpperCase();
  const seconds = [...words.matchAll(PART)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (SECONDS[unit ?? ""] ?? 0),
    0,
  );
  const parts = partsOf(Math.round(seconds));
  const written = (letters: string) =>
    parts
      .filter(({ unit }) => letters.includes(unit.letter))
      .map(({ unit, count }) => `${count}${unit.letter}`)
      .join("");
  const time = written("HMS");
  return parts.length === 0 ? "PT0S" : `P${written("D")}${time === "" ? "" : `T${time}`}`;
}
