/** Attempts of one client, or on one e-mail address, in the window that runs now. */
export type Attempts = { readonly windowEndsAt: Date; readonly count: number };

/** `limit` attempts in each window of `windowMs`. */
export type Limit = { readonly limit: number; readonly windowMs: number };

const QUARTER_HOUR_MS = 15 * 60_000;

/** Wrong passwords on one e-mail address, from wherever they come. */
export const ADDRESS_LIMIT: Limit = { limit: 8, windowMs: QUARTER_HOUR_MS };
/** Wrong passwords from one client; several people may share an office's address. */
export const CLIENT_LIMIT: Limit = { limit: 30, windowMs: QUARTER_HOUR_MS };

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
