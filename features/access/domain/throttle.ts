/** Attempts of one client, or on one e-mail address, in the window that runs now. */
export type Attempts = { readonly windowEndsAt: Date; readonly count: number };

/** `limit` attempts in each window of `windowMs`. */
export type Limit = { readonly limit: number; readonly windowMs: number };

const QUARTER_HOUR_MS = 15 * 60_000;

/** Wrong passwords on one e-mail address, from wherever they come. */
export const ADDRESS_LIMIT: Limit = { limit: 8, windowMs: QUARTER_HOUR_MS };
/** Wrong passwords from one client; several people may share an office's address. */
export const CLIENT_LIMIT: Limit = { limit: 30, windowMs: QUARTER_HOUR_MS };

/** Whether an attempt to sign in is looked at, or when the next one will be. */
export type Attempt =
  | { readonly kind: "allowed"; readonly attempts: Attempts }
  | { readonly kind: "refused"; readonly retryAt: Date };

/** Counts an attempt before its password is looked at, so that parallel guesses count, too. */
export function countAttempt(earlier: Attempts | null, limit: Limit, now: Date): Attempt {
  if (earlier === null || now >= earlier.windowEndsAt)
    return {
      kind: "allowed",
      attempts: { windowEndsAt: new Date(now.getTime() + limit.windowMs), count: 1 },
    };
  if (earlier.count >= limit.limit) return { kind: "refused", retryAt: earlier.windowEndsAt };
  return { kind: "allowed", attempts: { ...earlier, count: earlier.count + 1 } };
}

/** Takes a counted attempt back: its password was right. */
export function forgiveAttempt(attempts: Attempts): Attempts {
  return { ...attempts, count: Math.max(0, attempts.count - 1) };
}

/**
 * The group of network addresses that counts as one client: an IPv4 address, or the /64 network of an
 * IPv6 address, since every single machine has a whole one to choose from.
 */
export function clientGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
