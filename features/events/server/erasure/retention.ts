import type { StoredRetention } from "./retention-repository.ts";

/** Events of one environment that happened before a month are to go. */
export interface DueRemoval {
  readonly environment: string;
  /** First month that stays, as `2026-01`. */
  readonly before: string;
}

/** First month that stays, with `months` whole ones besides the present one, in UTC. */
export function firstKeptMonth(now: Date, months: number): string {
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
  return first.toISOString().slice(0, "2026-01".length);
}

/**
 * What the rules of one workspace remove. An environment follows its own rule, or the one without an
 * environment.
 */
export function dueRemovals(
  rules: readonly StoredRetention[],
  environments: readonly string[],
  now: (environment: string) => Date,
): readonly DueRemoval[] {
  const general = rules.find(({ environment }) => environment === null);
  return environments.flatMap((environment) => {
    const rule = rules.find((candidate) => candidate.environment === environment) ?? general;
    if (rule === undefined || rule.months === null) return [];
    return [{ environment, before: firstKeptMonth(now(environment), rule.months) }];
  });
}
