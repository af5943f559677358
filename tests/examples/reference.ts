/**
 * The numbers of an example, computed a second time and in another way: two passes over the values of
 * the file, and Student's distribution by integrating its density. Nothing of the product is used.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Rows of a comma-separated file by column name; cells may be quoted, but hold no quotes or line ends. */
export function readTable(file: string): readonly ReadonlyMap<string, string>[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const [header = "", ...lines] = text.split(/\r?\n/).filter((line) => line !== "");
  const names = cellsOf(header.replace("\u{feff}", ""));
  return lines.map((line) => {
    const cells = cellsOf(line);
    if (cells.length !== names.length) throw new Error(`${file} needs a better reader: ${line}`);
    return new Map(names.map((name, place) => [name, cells[place] ?? ""]));
  });
}

function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
}

interface Arm {
  readonly n: number;
  readonly mean: number;
  /** of one unit: p (1 - p) for shares, the unbiased sample variance for means */
  readonly variance: number;
}

interface Reference {
  readonly effect: number;
  readonly interval: readonly [number, number];
  readonly p: number;
}

function summarise(values: readonly number[], statistic: "proportion" | "mean"): Arm {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, variance: squares / (statistic === "proportion" ? n : n - 1) };
}

/** Welch's comparison at 95 %, absolute and as a share of the control (delta method). */
export function compare(
  control: readonly number[],
  treatment: readonly number[],
  statistic: "proportion" | "mean",
): {
  readonly control: Arm;
  readonly treatment: Arm;
  readonly absolute: Reference;
  readonly relative: Reference;
} {
  const a = summarise(control, statistic);
  const b = summarise(treatment, statistic);
  const ofA = a.variance / a.n;
  const ofB = b.variance / b.n;
  const df = (ofA + ofB) ** 2 / (ofA ** 2 / (a.n - 1) + ofB ** 2 / (b.n - 1));
  const critical = studentCritical(0.025, df);
  const around = (effect: number, se: number): Reference => ({
    effect,
    interval: [effect - critical * se, effect + critical * se],
    p: 2 * studentTail(Math.abs(effect) / se, df),
  });
  return {
    control: a,
    treatment: b,
    absolute: around(b.mean - a.mean, Math.sqrt(ofA + ofB)),
    // Gradient of b / a - 1: (-b / a², 1 / a).
    relative: around(
      b.mean / a.mean - 1,
      Math.sqrt((b.mean ** 2 * ofA) / a.mean ** 4 + ofB / a.mean ** 2),
    ),
  };
}

/** P value of Pearson's test that the arms have the planned shares; for two or three arms. */
export function sampleRatioP(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const statistic = counts.reduce((sum, count, place) => {
    const expected = total * (shares[place] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  if (counts.length === 3) return Math.exp(-statistic / 2);
  if (counts.length === 2) return 2 * studentTail(Math.sqrt(statistic), 1e12);
  throw new Error("only two or three arms have so simple a formula");
}

/** The mass of Student's distribution above `t`, by Simpson's rule on the density. */
export function studentTail(t: number, df: number): number {
  if (t < 0) return 1 - studentTail(-t, df);
  // Densities are relative to the one at t, so that even a tail of 1e-200 keeps its leading digits.
  const atT = Math.exp((-(df + 1) / 2) * Math.log1p((t * t) / df));
  return (atT * massAbove(t, df)) / (2 * massAbove(0, df));
}

/** The integral from `t` of the density divided by its value at `t`; steps grow as the tail flattens. */
function massAbove(t: number, df: number): number {
  const logRatio = (x: number): number =>
    (-(df + 1) / 2) * Math.log1p((x * (x + 2 * t)) / (df + t * t));
  const width = 1 / (1 + t);
  let end = 1;
  while (logRatio(width * Math.sinh(end)) + end > -45) end += 0.5;
  return simpson((u) => Math.exp(logRatio(width * Math.sinh(u))) * width * Math.cosh(u), 0, end);
}

function simpson(f: (x: number) => number, from: number, to: number): number {
  const panels = 4_000;
  const step = (to - from) / panels;
  let sum = f(from) + f(to);
  for (let place = 1; place < panels; place += 1)
    sum += f(from + place * step) * (place % 2 === 1 ? 4 : 2);
  return (sum * step) / 3;
}

/** The t with the mass `tail` above it, by bisection. */
function studentCritical(tail: number, df: number): number {
  let [low, high] = [0, 100];
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (studentTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
