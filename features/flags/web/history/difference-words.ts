import { formatNumber } from "@paceline/web-kit/format";

const fields: Readonly<Record<string, string>> = {
  when: "condition",
  serve: "what it serves",
  exposureShare: "exposure",
  recordExposure: "exposures recorded",
  enabled: "switched on",
  offVariant: "variant while it is off",
  defaultVariant: "variant for everyone else",
};
const shares: ReadonlySet<string> = new Set(["exposureShare", "share"]);
const percent = 100;
const mostDigits = 3;

function partsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .filter((part) => part !== "" && part !== "configuration")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** "rule half › exposure" for a JSON pointer into a revision. */
export function placeWords(pointer: string): string {
  const parts = partsOf(pointer);
  const [first, second, ...rest] = parts;
  if (first === undefined) return "everything";
  const [head, tail] =
    first === "rules" && second !== undefined
      ? [`rule ${second}`, rest]
      : [fields[first] ?? first, parts.slice(1)];
  return [head, ...tail.map((part) => fields[part] ?? part)].join(" › ");
}

/** A value as it is in the revision; shares as people say them. */
export function shownValue(pointer: string, value: unknown): string {
  if (typeof value === "number" && shares.has(partsOf(pointer).at(-1) ?? "")) {
    const digits = Array.from({ length: mostDigits }, (_, count) => count);
    const exact = digits.find(
      (count) => Math.abs(Number((value * percent).toFixed(count)) - value * percent) < 1e-9,
    );
    return `${formatNumber(value * percent, exact ?? mostDigits)}%`;
  }
  return value === undefined ? "" : JSON.stringify(value);
}
