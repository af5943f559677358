const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

const SECOND_MS = 1_000;
const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, SECOND_MS] as const;

/**
 * Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds; a day is 24 hours.
 * Null for anything else, months and years among them: they have no fixed length.
 */
export function durationMs(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null || text.endsWith("T") || text === "P") return null;
  const parts = match.slice(1);
  const total = UNITS_MS.reduce((sum, unit, index) => sum + Number(parts[index] ?? 0) * unit, 0);
  return Number.isSafeInteger(total) ? total : null;
}
