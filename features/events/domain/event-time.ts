/** Instants outside 1970 to 9999 are refused: they are unset clocks or units mixed up. */
const LATEST_INSTANT = Date.UTC(10_000, 0, 1);

/**
 * A calendar date with or without a time of day: RFC 3339, the extended and the basic form of ISO
 * 8601, and what databases and languages print (a blank in the middle, `+00`, `UTC`).
 */
const INSTANT =
  /^(?<year>\d{4})(?<dash>-?)(?<month>\d{2})\k<dash>(?<day>\d{2})(?:[Tt ](?<hour>\d{2})(?:(?<colon>:?)(?<minute>\d{2})(?:\k<colon>(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?)?(?<zone> ?(?:[Zz]|UTC|GMT|(?<sign>[+-])(?<zoneHour>\d{2})(?::?(?<zoneMinute>\d{2}))?))?)?$/;

/**
 * Reads a client's instant: ISO 8601 text, or Unix milliseconds. A time of day without a zone is
 * read as UTC, so that the answer does not depend on where the server stands. A day that the calendar
 * does not have is refused and not moved into the next month, as `Date.parse` would.
 *
 * @returns Unix milliseconds, or null if it is not an instant between 1970 and 9999
 */
export function parseInstant(value: unknown): number | null {
  if (typeof value === "number") return inRange(Math.trunc(value));
  if (typeof value !== "string") return null;
  return readUsualInstant(value) ?? readInstant(value);
}

function readInstant(text: string): number | null {
  const parts = INSTANT.exec(text)?.groups;
  if (parts === undefined) return null;
  const number = (name: string): number => Number(parts[name] ?? 0);
  const [year, month, day] = [number("year"), number("month"), number("day")];
  const [hour, minute, second] = [number("hour"), number("minute"), number("second")];
  const millisecond = Number((parts["fraction"] ?? "").slice(0, 3).padEnd(3, "0"));
  const ofDay = ((hour * 60 + minute) * 60 + second) * 1_000 + millisecond;
  // The last second of a day may be its 61st; the day may end with 24:00.
  const isTime =
    minute < 60 && second < (minute === 59 ? 61 : 60) && (hour < 24 || ofDay === DAY_MS);
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  const [zoneHour, zoneMinute] = [number("zoneHour"), number("zoneMinute")];
  if (!isDay || !isTime || zoneHour >= 24 || zoneMinute >= 60) return null;
  const zoneMs = (zoneHour * 60 + zoneMinute) * 60_000 * (parts["sign"] === "-" ? -1 : 1);
  return inRange(daysSince1970(year, month, day) * DAY_MS + ofDay - zoneMs);
}

function daysOfMonth(year: number, month: number): number {
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1];
  return daysSince1970(nextYear, nextMonth, 1) - daysSince1970(year, month, 1);
}

/** What `Date.prototype.toISOString` writes: `2026-11-01T10:00:00.000Z`. */
const USUAL_LENGTH = 24;
const DAY_MS = 86_400_000;
/** Days that every month has. */
const SURE_DAYS = 28;

/** The form that nearly all clients send, ten times as fast as `Date.parse`. Null for any other. */
function readUsualInstant(text: string): number | null {
  if (text.length !== USUAL_LENGTH || !hasUsualMarks(text)) return null;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  const millisecond = twoDigits(text, 20) * 10 + digit(text, 22);
  const isSure =
    year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= SURE_DAYS && hour < 24;
  if (!isSure || !(minute < 60) || !(second < 60) || !(millisecond < 1_000)) return null;
  return (
    daysSince1970(year, month, day) * DAY_MS +
    ((hour * 60 + minute) * 60 + second) * 1_000 +
    millisecond
  );
}

/** Whether every character is in its place that is no digit: `-`, `-`, `T`, `:`, `:`, `.` and `Z`. */
function hasUsualMarks(text: string): boolean {
  return (
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    text.charCodeAt(10) === 0x54 &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a &&
    text.charCodeAt(19) === 0x2e &&
    text.charCodeAt(23) === 0x5a
  );
}

/** NaN for what is no digit. */
function digit(text: string, place: number): number {
  const value = text.charCodeAt(place) - 0x30;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function twoDigits(text: string, place: number): number {
  return digit(text, place) * 10 + digit(text, place + 1);
}

/** Days of the Gregorian calendar, in which years are counted from March so that leap days end them. */
function daysSince1970(year: number, month: number, day: number): number {
  const sinceMarch = (month + 9) % 12;
  const years = month <= 2 ? year - 1 : year;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + Math.floor((sinceMarch * 153 + 2) / 5) + day - 719_469;
}

function inRange(instant: number): number | null {
  return instant >= 0 && instant < LATEST_INSTANT ? instant : null;
}

export interface ClientTimes {
  readonly timestamp: number | null;
  readonly sentAt: number | null;
  readonly receivedAt: number;
}

/**
 * When an event happened: the client's `timestamp`, moved by how far its clock was off when it sent
 * (`receivedAt - sentAt`, as Segment does), and never after receipt.
 */
export function correctedTime(times: ClientTimes): number {
  const { timestamp, sentAt, receivedAt } = times;
  if (timestamp === null) return receivedAt;
  const corrected = sentAt === null ? timestamp : timestamp + (receivedAt - sentAt);
  return Math.max(0, Math.min(corrected, receivedAt));
}

/**
 * In a replay the clients' clocks have nothing to do with the simulated clock, and the events' own
 * instants are the truth: nothing is corrected.
 */
export function replayedTime(times: ClientTimes): number {
  return times.timestamp ?? times.receivedAt;
}
