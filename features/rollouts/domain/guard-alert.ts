import { broken, noData, pass } from "./guard-judged.ts";
import type { Judged } from "./guard-judged.ts";
import type { AlertMatcher, AlertSource, GuardAction } from "./guard.ts";

/** A firing alert is repeated while it fires; one that was not for so long counts no more. */
export const ALERT_STALE_MS = 24 * 3_600_000;

/** An alert as it was last heard of. */
export interface FiringAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: Date;
  /** When it was last sent. */
  readonly receivedAt: Date;
}

/** A label that an alert does not have is the empty text, as Alertmanager has it. */
export function matches(
  labels: Readonly<Record<string, string>>,
  matchers: readonly AlertMatcher[],
): boolean {
  return matchers.every((matcher) => {
    const found = Object.hasOwn(labels, matcher.label) ? (labels[matcher.label] ?? "") : "";
    switch (matcher.operator) {
      case "equals":
        return found === matcher.value;
      case "not-equals":
        return found !== matcher.value;
      case "in":
        return matcher.values.includes(found);
    }
  });
}

export interface AlertGuardInput {
  readonly source: AlertSource;
  readonly action: GuardAction;
  readonly firing: readonly FiringAlert[];
  /** Whether anything can be heard at all. */
  readonly hasReceiver: boolean;
  readonly startedAt: Date;
  readonly now: Date;
}

const SHOWN_ALERTS = 5;

/**
 * Whether a matching alert fires. One that fired before the rollout began was not caused by it: it
 * holds, because nobody should expose more people meanwhile, and does not roll back.
 */
export function judgeAlerts(input: AlertGuardInput): Judged {
  const { source, action, startedAt, now } = input;
  if (!input.hasReceiver) {
    return noData("No alert can arrive: the workspace has no alert receiver; add one.");
  }
  const found = input.firing.filter(
    ({ labels, receivedAt }) =>
      now.getTime() - receivedAt.getTime() < ALERT_STALE_MS && matches(labels, source.matchers),
  );
  const since = found.filter(({ startsAt }) => startsAt.getTime() >= startedAt.getTime());
  const shown = since.length > 0 ? since : found;
  const numbers = {
    firing: found.length,
    firingSinceStart: since.length,
    alerts: shown.slice(0, SHOWN_ALERTS).map(({ fingerprint, labels, startsAt, receivedAt }) => ({
      fingerprint,
      labels,
      startsAt: startsAt.toISOString(),
      receivedAt: receivedAt.toISOString(),
    })),
  };
  const [first] = shown;
  if (first === undefined) return pass("No matching alert fires.", numbers);
  const name = first.labels["alertname"] ?? first.fingerprint;
  const more = shown.length > 1 ? ` and ${shown.length - 1} more` : "";
  if (since.length > 0) {
    return broken(action, `Alert ${name}${more} fires since the rollout began.`, numbers);
  }
  const milder = action === "roll-back" ? "hold" : action;
  return broken(milder, `Alert ${name}${more} fired before the rollout began.`, numbers);
}
