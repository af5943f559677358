const DAY_MS = 86_400_000;
/** Far more than there are zones: names differ in case, too. */
const KEPT = 1_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (formats.size >= KEPT) formats.clear();
  formats.set(timeZone, made);
  return made;
}

/** The wall clock of a time zone at an instant, as if it were UTC. */
export function localMs(instantMs: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(new Date(instantMs));
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return (
    Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) +
    (((instantMs % 1_000) + 1_000) % 1_000)
  );
}

function offsetMs(instantMs: number, timeZone: string): number {
  return localMs(instantMs, timeZone) - instantMs;
}

/**
 * The instant at which the wall clock of a time zone shows a local time: the first of two where it shows
 * it twice, and as much later as the clock jumps where it never shows it.
 */
export function instantMs(local: number, timeZone: string): number {
  const before = offsetMs(local - DAY_MS, timeZone);
  const after = offsetMs(local + DAY_MS, timeZone);
  const shown = [local - before, local - after].filter((at) => localMs(at, timeZone) === local);
  return shown.length > 0 ? Math.min(...shown) : local - before;
}
