import type { ExperimentStatistics } from "./analysis-types.ts";
import { controlOf } from "./criterion.ts";
import type { Criterion } from "./criterion.ts";
import type { LookPosition } from "./look-schedule.ts";

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function counted(value: number, noun: string): string {
  return `${whole(value)} ${noun}${Math.round(value) === 1 ? "" : "s"}`;
}

function shortOfUnits(
  arm: string,
  criterion: Criterion,
  statistics: ExperimentStatistics,
): string | null {
  const units = statistics.units[arm] ?? 0;
  const { minUnitsPerArm } = criterion.design;
  return units < minUnitsPerArm
    ? `${arm} has ${counted(units, criterion.unit)} of at least ${whole(minUnitsPerArm)}`
    : null;
}

/** Conversions are countable for a proportion only; means and ratios are held by their units. */
function shortOfConversions(
  arm: string,
  criterion: Criterion,
  statistics: ExperimentStatistics,
): string | null {
  const { metric, statistic } = criterion.primary;
  if (statistic !== "proportion") return null;
  const found = statistics.arms[arm]?.[metric];
  const conversions = found === undefined ? 0 : Math.round(found.n * found.mean);
  const { minConversionsPerArm } = criterion.design;
  return conversions < minConversionsPerArm
    ? `${arm} has ${counted(conversions, "conversion")} of at least ${whole(minConversionsPerArm)}`
    : null;
}

/**
 * The minimums that an arm and its control do not meet yet, each in words. While the timebox runs, the
 * conversion window must also have closed for as many units as the arms need together; at its end the
 * windows still open are open in both arms alike, and the run is judged as it stands.
 */
export function unmetMinimums(
  criterion: Criterion,
  treatment: string,
  statistics: ExperimentStatistics,
  position: LookPosition,
): readonly string[] {
  const { minDays, minUnitsPerArm, allocation, conversionWindowHours } = criterion.design;
  const days = Math.floor(position.elapsedDays + 1e-9);
  const arms = [controlOf(criterion), treatment];
  const matured = minUnitsPerArm * Object.keys(allocation).length;
  const window =
    !position.timeboxOver && statistics.maturedUnits < matured
      ? `the conversion window of ${conversionWindowHours} hours has closed for ` +
        `${counted(statistics.maturedUnits, criterion.unit)} of at least ${whole(matured)}`
      : null;
  return [
    days < minDays ? `${counted(days, "day")} of at least ${minDays} have passed` : null,
    ...arms.map((arm) => shortOfUnits(arm, criterion, statistics)),
    ...arms.map((arm) => shortOfConversions(arm, criterion, statistics)),
    window,
  ].filter((unmet) => unmet !== null);
}
