import { Problem } from "@paceline/http";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { serveFlag } from "../domain/index.ts";
import type { PublishedSet, ServedExposure, ServedFlag } from "../domain/index.ts";
import type { ServingDependencies } from "./dependencies.ts";

export type Answered = ServedFlag["evaluation"];

/** What delivering an answer needs. */
export type DeliveryDependencies = Pick<
  ServingDependencies,
  | "environmentNow"
  | "recordExposure"
  | "onError"
  | "onEvaluated"
  | "staticContext"
  | "contexts"
  | "usage"
  | "assignments"
>;

/** The exposure could not be recorded; a store that is full for a moment says when to come back. */
export interface NotRecorded {
  readonly kind: "not-recorded";
  readonly retryAfterS: number | null;
}

export const NOT_RECORDED_WORDS =
  "the exposure could not be recorded; use the default in your code";

/** The context with what this process adds to every evaluation, which wins. */
export function fullContext(
  deps: Pick<DeliveryDependencies, "staticContext">,
  context: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return deps.staticContext === undefined ? context : { ...context, ...deps.staticContext };
}

/**
 * The full context with what its units were assigned by sticky rules of a flag, or of all (null).
 * At once where there are none.
 */
export function assignedContext(
  deps: Pick<DeliveryDependencies, "staticContext" | "assignments">,
  set: PublishedSet,
  key: string | null,
  context: Readonly<Record<string, unknown>>,
  at: Date,
): Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>> {
  return deps.assignments.contextFor(set, key, fullContext(deps, context), at);
}

/**
 * Records an exposure. With an experiment the answer waits for it: a unit that cannot be counted
 * must not be treated. A rollout's does not wait, and one that gets lost is told.
 */
async function record(
  deps: DeliveryDependencies,
  set: PublishedSet,
  exposure: ServedExposure,
  at: Date,
): Promise<void> {
  const { flagKey, revision, variant, unit, experimentId, ruleId, isRequired } = exposure;
  const { workspaceId, environment } = set;
  const recorded = deps.recordExposure({
    workspaceId,
    environment,
    flagKey,
    revision,
    variant,
    unit,
    ruleId,
    ...(experimentId === null ? {} : { experimentId }),
    at,
  });
  if (isRequired) await recorded;
  else recorded.catch(deps.onError);
}

/** Tells why a flag was answered as it was; a failed evaluation is told by its error code. */
export function tell(
  { onEvaluated }: Pick<DeliveryDependencies, "onEvaluated">,
  { key, reason, errorCode, variant }: Answered,
): void {
  onEvaluated?.(key, errorCode ?? reason, variant ?? null);
}

function refusalOf(deps: DeliveryDependencies, error: unknown): NotRecorded {
  if (error instanceof Problem && error.details.status === 429) {
    return {
      kind: "not-recorded",
      retryAfterS: Number(error.details.headers?.["retry-after"] ?? 1),
    };
  }
  deps.onError(error);
  return { kind: "not-recorded", retryAfterS: null };
}

async function recorded(
  deps: DeliveryDependencies,
  set: PublishedSet,
  served: { readonly evaluation: Answered; readonly exposure: ServedExposure },
  at: Date,
): Promise<Result<Answered, NotRecorded>> {
  try {
    await record(deps, set, served.exposure, at);
  } catch (error) {
    return err(refusalOf(deps, error));
  }
  tell(deps, served.evaluation);
  return ok(served.evaluation);
}

/**
 * Evaluates one flag and records the exposure that its delivery makes. Answers at once where nothing
 * has to be waited for.
 *
 * @param accept  whether the caller can use the value; one that it cannot exposes nobody
 */
export function deliverFlag(
  deps: DeliveryDependencies,
  set: PublishedSet,
  key: string,
  context: Readonly<Record<string, unknown>>,
  at: Date,
  accept: (evaluation: Answered) => boolean = () => true,
): Result<Answered, NotRecorded> | Promise<Result<Answered, NotRecorded>> {
  deps.contexts.offer(set.workspaceId, set.environment, context, at);
  // Keys that no flag has are made up by callers and would fill the memory.
  if (set.flags.has(key)) deps.usage.evaluated(set.workspaceId, set.environment, key, at);
  const full = assignedContext(deps, set, key, context, at);
  return full instanceof Promise
    ? full.then((assigned) => deliver(deps, set, key, assigned, at, accept))
    : deliver(deps, set, key, full, at, accept);
}

function deliver(
  deps: DeliveryDependencies,
  set: PublishedSet,
  key: string,
  full: Readonly<Record<string, unknown>>,
  at: Date,
  accept: (evaluation: Answered) => boolean,
): Result<Answered, NotRecorded> | Promise<Result<Answered, NotRecorded>> {
  const { evaluation, exposure, heldBack } = serveFlag(set, key, full, at.getTime());
  if (heldBack !== null && accept(evaluation)) void record(deps, set, heldBack, at);
  if (exposure !== null && accept(evaluation)) {
    return recorded(deps, set, { evaluation, exposure }, at);
  }
  tell(deps, evaluation);
  return ok(evaluation);
}
