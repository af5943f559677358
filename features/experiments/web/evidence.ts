import type { LiftPoint } from "@paceline/web-kit";

import type {
  AnalysisDocument,
  ArmResultDocument,
  CriterionDocument,
  LookDocument,
  MetricResultDocument,
} from "../api.ts";
import type { Scale } from "./words.ts";

type Ends = readonly [number, number];

/** An effect on one scale with its ordinary interval, or null where nothing can be computed. */
export function effectOn(
  result: MetricResultDocument,
  scale: Scale,
): { readonly effect: number; readonly interval: Ends } | null {
  const found = result[scale];
  if ("undefined" in found) return null;
  const { effect, interval } = found;
  return { effect, interval: [interval.at(0) ?? Number.NaN, interval.at(1) ?? Number.NaN] };
}

/**
 * The deciding interval on a scale. On the locked one it is the server's. On the other it is carried
 * over: the ordinary interval there, widened by the same factor, which is exact up to the degrees of
 * freedom because both are an estimate plus and minus a critical value.
 */
export function decidingOn(result: MetricResultDocument, scale: Scale): Ends | null {
  const { sequential } = result;
  if (sequential === null) return null;
  const [low, high] = [sequential.interval.at(0), sequential.interval.at(1)];
  if (low == null || high == null) return null;
  if (sequential.scale === scale) return [low, high];
  const [from, to] = [effectOn(result, sequential.scale), effectOn(result, scale)];
  if (from === null || to === null) return null;
  const below = (from.effect - low) / (from.effect - from.interval[0]);
  const above = (high - from.effect) / (from.interval[1] - from.effect);
  return [
    to.effect - below * (to.effect - to.interval[0]),
    to.effect + above * (to.interval[1] - to.effect),
  ];
}

export function primaryOf(arm: ArmResultDocument | undefined): MetricResultDocument | undefined {
  return arm?.metrics.find(({ role }) => role === "primary");
}

/** The arm that tells most: the one asked for, else one with the run's verdict, else the first. */
export function tellingArm(
  analysis: AnalysisDocument | undefined,
  asked: string | undefined,
): ArmResultDocument | undefined {
  const arms = analysis?.arms ?? [];
  return (
    arms.find(({ arm }) => arm === asked) ??
    arms.find(({ verdict }) => verdict === analysis?.verdict) ??
    arms[0]
  );
}

/** The primary effect over the looks; looks that could say nothing yet are left out. */
export function liftPoints(
  looks: readonly LookDocument[],
  arm: string,
  scale: Scale,
): readonly LiftPoint[] {
  return looks.flatMap(({ asOf, analysis }) => {
    const result = primaryOf(analysis.arms.find((one) => one.arm === arm));
    if (result === undefined) return [];
    const found = effectOn(result, scale);
    const ends = decidingOn(result, scale);
    if (found === null || ends === null) return [];
    return [{ at: Date.parse(asOf), effect: found.effect, low: ends[0], high: ends[1] }];
  });
}

/** The bar of success on a scale, signed like the effect; carried over at control's present value. */
export function barOn(
  { primary }: CriterionDocument,
  result: MetricResultDocument | undefined,
  scale: Scale,
): number {
  const signed =
    primary.direction === "increase" ? primary.successAtLeast : -primary.successAtLeast;
  const value = result?.control.value;
  if (scale === primary.scale || value == null || value === 0) return signed;
  return scale === "absolute" ? signed * value : signed / value;
}

/** Units of all arms together. */
export function unitsOf({ srm }: AnalysisDocument): number {
  return Object.values(srm.observed).reduce((sum, units) => sum + units, 0);
}

const cap = 6;
const room = 1.1;
const beyondMargin = 1.6;

/**
 * One scale around zero for rows that are compared: it holds every interval and margin; a row that
 * is more than six times as wide as the median is cut off.
 */
export function commonDomain(
  rows: readonly {
    readonly low: number;
    readonly high: number;
    readonly margin?: number | undefined;
  }[],
): Ends {
  const sizes = rows
    .map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high)))
    .filter(Number.isFinite)
    .toSorted((one, other) => one - other);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const margins = rows.flatMap(({ margin }) =>
    margin === undefined ? [] : [Math.abs(margin) * beyondMargin],
  );
  const largest = Math.max(0, ...margins, ...sizes.map((size) => Math.min(size, median * cap)));
  const edge = (largest || 1) * room;
  return [-edge, edge];
}
