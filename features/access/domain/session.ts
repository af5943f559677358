const HOUR_MS = 3_600_000;

/** A session ends this long after its last request … */
export const SESSION_IDLE_MS = 24 * HOUR_MS;
/** … and this long after sign-in, whatever happens. */
export const SESSION_ABSOLUTE_MS = 14 * 24 * HOUR_MS;
/** How stale the stored time of the last request may be: one write in this span, not one a request. */
export const SESSION_TOUCH_MS = 5 * 60_000;

/** How long the link opens that creates the owner; a restart prints a new one. */
export const FIRST_RUN_LINK_MS = 24 * HOUR_MS;
/** How long the link opens by which a member sets a password. */
export const PASSWORD_LINK_MS = 72 * HOUR_MS;

/** The instants that decide whether a session is alive. */
export type SessionTimes = {
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
};

/** `touch`: alive, and the stored time of the last request should be renewed. */
export type SessionState = "alive" | "touch" | "ended";

/** Ends are exclusive: at the instant of expiry the session is over. */
export function sessionState(times: SessionTimes, now: Date): SessionState {
  const idleMs = now.getTime() - times.lastSeenAt.getTime();
  if (times.revokedAt !== null || now >= times.expiresAt || idleMs >= SESSION_IDLE_MS)
    return "ended";
  return idleMs >= SESSION_TOUCH_MS ? "touch" : "alive";
}
