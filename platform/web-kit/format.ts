const minus = "−";
const locale = "en-US";

function plain(options: Intl.NumberFormatOptions): (value: number) => string {
  const format = new Intl.NumberFormat(locale, options);
  return (value) => (Number.isFinite(value) ? format.format(value).replaceAll("-", minus) : "–");
}

const integer = plain({ maximumFractionDigits: 0 });
const compact = plain({ notation: "compact", maximumSignificantDigits: 3 });

/** "1,234.5" with a true minus sign; `digits` are the decimals shown (default 0). */
export function formatNumber(value: number, digits = 0): string {
  return digits === 0
    ? integer(value)
    : plain({ minimumFractionDigits: digits, maximumFractionDigits: digits })(value);
}

/** "64K", "1.2M". */
export function formatCompact(value: number): string {
  return compact(value);
}

/** A share from 0 to 1 as "31.4%". */
export function formatPercent(share: number, digits = 1): string {
  return plain({
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })(share);
}

/** A change as a share of 1, signed: "+4.8%", "−1.0%", "0.0%". */
export function formatLift(share: number, digits = 1): string {
  return plain({
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "exceptZero",
  })(share);
}

/** A difference of two shares in percentage points: "+1.5 pp". */
export function formatPoints(difference: number, digits = 2): string {
  return `${formatSigned(difference * 100, digits)} pp`;
}

/** A signed number: "+352", "−0.04". */
export function formatSigned(value: number, digits = 0): string {
  return plain({
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "exceptZero",
  })(value);
}

/** An interval in words: "+2.3% to +7.4%". */
export function formatInterval(
  low: number,
  high: number,
  format: (value: number) => string = formatLift,
): string {
  return `${format(low)} to ${format(high)}`;
}

/** An amount of money given in the currency's main unit: "€64.10". */
export function formatMoney(amount: number, currency: string, digits = 2): string {
  return plain({
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })(amount);
}

/** "1 sprint", "3 sprints"; give the plural where adding "s" is wrong. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}

/** "850 ms", "12 s", "3 min 12 s", "4 h 5 min", "9 days". */
export function formatDuration(durationMs: number): string {
  if (Math.abs(durationMs) < 1000) return `${integer(durationMs)} ms`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(`${minutes} min`, seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return joined(`${hours} h`, minutes % 60, "min");
  return formatCount(Math.round(hours / 24), "day");
}

function joined(first: string, rest: number, unit: string): string {
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}

/** "812 B", "29.4 kB", "1.2 MB" (decimal units). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${integer(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(bytes / 1000 ** power, 1)} ${units[power - 1] ?? "TB"}`;
}

export type Instant = Date | number | string;

function toDate(instant: Instant): Date {
  return instant instanceof Date ? instant : new Date(instant);
}

type DateParts = {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly time: string;
  readonly seconds: string;
};

const partFormats = new Map<string, Intl.DateTimeFormat>();

function partsOf(instant: Instant, timeZone: string | undefined): DateParts {
  const key = timeZone ?? "";
  const format =
    partFormats.get(key) ??
    new Intl.DateTimeFormat(locale, {
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      ...(timeZone === undefined ? {} : { timeZone }),
    });
  partFormats.set(key, format);
  const parts = new Map(
    format.formatToParts(toDate(instant)).map((part) => [part.type, part.value]),
  );
  const [hour, minute, second] = [parts.get("hour"), parts.get("minute"), parts.get("second")];
  return {
    year: parts.get("year") ?? "",
    month: parts.get("month") ?? "",
    day: parts.get("day") ?? "",
    time: `${hour ?? ""}:${minute ?? ""}`,
    seconds: `${hour ?? ""}:${minute ?? ""}:${second ?? ""}`,
  };
}

/** "23 Nov", in the reader's time zone unless one is given. */
export function formatDay(instant: Instant, timeZone?: string): string {
  const { day, month } = partsOf(instant, timeZone);
  return `${day} ${month}`;
}

/** "23 Nov 2026". */
export function formatDate(instant: Instant, timeZone?: string): string {
  const { day, month, year } = partsOf(instant, timeZone);
  return `${day} ${month} ${year}`;
}

/** "14:05". */
export function formatTime(instant: Instant, timeZone?: string): string {
  return partsOf(instant, timeZone).time;
}

/** "14:05:09". */
export function formatClock(instant: Instant, timeZone?: string): string {
  return partsOf(instant, timeZone).seconds;
}

/** "23 Nov 2026, 14:05". */
export function formatDateTime(instant: Instant, timeZone?: string): string {
  return `${formatDate(instant, timeZone)}, ${formatTime(instant, timeZone)}`;
}

/** "23 Nov 2026, 14:05:09 UTC": the exact instant, for tooltips. */
export function formatUtc(instant: Instant): string {
  const { day, month, year, seconds } = partsOf(instant, "UTC");
  return `${day} ${month} ${year}, ${seconds} UTC`;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** "just now", "4 min ago", "in 3 h", "yesterday", "6 days ago", then the date. */
export function formatRelative(instant: Instant, now: Instant): string {
  const at = toDate(instant);
  const distance = at.getTime() - toDate(now).getTime();
  const size = Math.abs(distance);
  if (size < 45_000) return "just now";
  if (size < 55 * minuteMs)
    return towards(distance, `${Math.max(1, Math.round(size / minuteMs))} min`);
  if (size < 22 * hourMs) return towards(distance, `${Math.max(1, Math.round(size / hourMs))} h`);
  const days = Math.max(1, Math.round(size / dayMs));
  if (days === 1) return distance < 0 ? "yesterday" : "tomorrow";
  if (days < 15) return towards(distance, `${days} days`);
  return at.getUTCFullYear() === toDate(now).getUTCFullYear() ? formatDay(at) : formatDate(at);
}

function towards(distance: number, size: string): string {
  return distance < 0 ? `${size} ago` : `in ${size}`;
}

/** The two letters of a person's disc: "Mara Lindqvist" gives "ML". */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== "");
  const first = words[0]?.[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return `${first}${last}`.toUpperCase();
}

/** Keeps both ends of a long hash: "c41a8f…9e07". */
export function shortHash(hash: string, ends = 6): string {
  return hash.length <= ends * 2 + 1 ? hash : `${hash.slice(0, ends)}…${hash.slice(-4)}`;
}
