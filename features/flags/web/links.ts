/** Addresses of pages of a feature that uses this one; importing them would be a circle. */

export function rolloutHref(rolloutId: string): string {
  return `/rollouts/${encodeURIComponent(rolloutId)}`;
}

/** Planning a rollout of one rule. */
export function newRolloutHref(target: {
  readonly flag: string;
  readonly environment: string;
  readonly rule: string;
}): string {
  return `/rollouts/new?${new URLSearchParams(target).toString()}`;
}
