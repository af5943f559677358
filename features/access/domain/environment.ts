import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

/** `live` environments follow the clock on the wall, `replay` ones a clock that is moved by command. */
export type EnvironmentKind = "live" | "replay";

export type Environment = {
  readonly id: string;
  readonly workspaceId: string;
  readonly key: string;
  readonly name: string;
  readonly kind: EnvironmentKind;
  /** where a replay's clock stands; null exactly when the environment is live */
  readonly simulatedNow: Date | null;
};

/** Made with every workspace, all live. */
export const FIRST_ENVIRONMENTS = [
  { key: "production", name: "Production" },
  { key: "staging", name: "Staging" },
  { key: "drill", name: "Drill" },
] as const;

/** What time it is in an environment, given the time on the wall. */
export function environmentNow(
  environment: Pick<Environment, "kind" | "simulatedNow">,
  wallNow: Date,
): Date {
  return environment.kind === "replay" && environment.simulatedNow !== null
    ? environment.simulatedNow
    : wallNow;
}

export type EnvironmentRequest = {
  readonly key: string;
  readonly kind: EnvironmentKind;
  /** where the clock of a replay starts */
  readonly startsAt: Date | null;
};

export type EnvironmentRequestError =
  | { readonly kind: "start-required" }
  | { readonly kind: "start-not-allowed" }
  | { readonly kind: "reserved-key"; readonly key: string };

/** A replay needs a start for its clock, a live environment has no clock of its own, production is live. */
export function decideEnvironment(
  request: EnvironmentRequest,
): Result<EnvironmentRequest, EnvironmentRequestError> {
  const reserved = FIRST_ENVIRONMENTS.some(({ key }) => key === request.key);
  if (reserved) return err({ kind: "reserved-key", key: request.key });
  if (request.kind === "replay" && request.startsAt === null)
    return err({ kind: "start-required" });
  if (request.kind === "live" && request.startsAt !== null)
    return err({ kind: "start-not-allowed" });
  return ok(request);
}

export type MoveClockError =
  | { readonly kind: "not-a-replay"; readonly key: string }
  | { readonly kind: "clock-goes-back"; readonly standsAt: Date };

/**
 * A replay's clock moves forward only: what was decided at an instant must not be decided again with
 * other knowledge. Moving to where it stands is allowed and changes nothing, so a repeated call is safe.
 */
export function decideClock(environment: Environment, to: Date): Result<Date, MoveClockError> {
  if (environment.kind !== "replay" || environment.simulatedNow === null)
    return err({ kind: "not-a-replay", key: environment.key });
  if (to < environment.simulatedNow)
    return err({ kind: "clock-goes-back", standsAt: environment.simulatedNow });
  return ok(to);
}
