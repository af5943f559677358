/** Instants outside 1970 to 9999 are refused: they are unset clocks or units mixed up. */
const LATEST_INSTANT = Date.UTC(10_000, 0, 1);

const DATE_START = /^\d{4}-\d{2}-\d{2}/;
const ZONE_END = /(?:[zZ]|[+-]\d{2}:?\d{2})$/;

/**
 * Reads a client's instant: ISO 8601 text, or Unix milliseconds. A time of day without a zone is
 * read as UTC, so that the answer does not depend on where the server stands.
 *
 * @returns Unix milliseconds, or null if it is not an instant between 1970 and 9999
 */
export function parseInstant(value: unknown): number | null {
  if (typeof value === "number") return inRange(Math.trunc(value));
  if (typeof value !== "string" || !DATE_START.test(value)) return null;
  const zoned =
    value.endsWith("Z") || value.length <= 10 || ZONE_END.test(value) ? value : `${value}Z`;
  return inRange(Date.parse(zoned));
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
