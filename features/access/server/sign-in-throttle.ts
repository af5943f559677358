import type { Attempts, Limit } from "../domain/index.ts";
import {
  ADDRESS_LIMIT,
  CLIENT_LIMIT,
  clientGroup,
  countAttempt,
  emailKey,
  forgiveAttempt,
} from "../domain/index.ts";

/** Counted keys at most; the oldest are dropped first. About 10 MB. */
const CAPACITY = 50_000;

export type Throttle = {
  /** Counts one attempt; returns when the next is allowed, or null if this one is. */
  count(email: string, client: string, now: Date): Date | null;
  /** The counted attempt had the right password. */
  forgive(email: string, client: string): void;
};

/** Counts in this process's memory: n processes allow n times as many guesses. */
export function createThrottle(capacity: number = CAPACITY): Throttle {
  const counted = new Map<string, Attempts>();

  function keep(key: string, attempts: Attempts): void {
    counted.delete(key);
    counted.set(key, attempts);
    const oldest = counted.keys().next();
    if (counted.size > capacity && oldest.done !== true) counted.delete(oldest.value);
  }

  const keysOf = (email: string, client: string): readonly (readonly [string, Limit])[] => [
    [`client ${clientGroup(client)}`, CLIENT_LIMIT],
    [`address ${emailKey(email)}`, ADDRESS_LIMIT],
  ];

  return {
    count(email, client, now) {
      const attempts = keysOf(email, client).map(
        ([key, limit]) => [key, countAttempt(counted.get(key) ?? null, limit, now)] as const,
      );
      for (const [, attempt] of attempts) if (attempt.kind === "refused") return attempt.retryAt;
      for (const [key, attempt] of attempts)
        if (attempt.kind === "allowed") keep(key, attempt.attempts);
      return null;
    },
    forgive(email, client) {
      for (const [key] of keysOf(email, client)) {
        const attempts = counted.get(key);
        if (attempts !== undefined) counted.set(key, forgiveAttempt(attempts));
      }
    },
  };
}
