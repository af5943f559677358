import type { FlatEvent } from "./flat-event.ts";

/** That a unit was shown a variant of a flag, whoever reported it. */
export interface Exposure {
  readonly workspace: string;
  readonly environment: string;
  readonly flagKey: string;
  /** Null where the flag serves no experiment, or where a foreign dialect does not tell. */
  readonly experimentId: string | null;
  readonly revision: string;
  readonly variant: string;
  readonly unit: string;
  /** Unix milliseconds on the environment's clock. */
  readonly at: number;
}

/** The source under which the product's own evaluations are stored. */
export const EVALUATION_SOURCE = "evaluation";

const DAY_MS = 86_400_000;

/**
 * The event of an exposure. Its message id is made from what it says, by the day: a unit that
 * evaluates the same flag a thousand times a day leaves one record, and a retry adds none. Another
 * variant or revision is another record, so crossing over stays visible.
 */
export function exposureEvent(exposure: Exposure): FlatEvent {
  const day = Math.floor(exposure.at / DAY_MS);
  const identity = [
    exposure.experimentId,
    exposure.flagKey,
    exposure.revision,
    exposure.variant,
    day,
    exposure.unit,
  ];
  return {
    workspace: exposure.workspace,
    environment: exposure.environment,
    source: EVALUATION_SOURCE,
    messageId: `exposure:${JSON.stringify(identity)}`,
    type: "exposure",
    event: exposure.flagKey,
    unit: exposure.unit,
    userId: null,
    anonymousId: null,
    at: exposure.at,
    timestamp: null,
    sentAt: null,
    receivedAt: exposure.at,
    experimentId: exposure.experimentId,
    flagKey: exposure.flagKey,
    revision: exposure.revision,
    variant: exposure.variant,
    properties: "{}",
    context: "{}",
  };
}

/** The event by which Segment's specification reports an exposure. */
const EXPERIMENT_VIEWED = "Experiment Viewed";

/**
 * Turns Segment's `Experiment Viewed` into an exposure. An event that names no variation says
 * nothing about an exposure and stays what it is.
 */
export function recogniseExposure(
  event: FlatEvent,
  properties: Readonly<Record<string, unknown>>,
): FlatEvent {
  if (event.type !== "track" || event.event !== EXPERIMENT_VIEWED) return event;
  const variant = textOf(properties["variation_id"]) ?? textOf(properties["variation_name"]);
  const experimentId = textOf(properties["experiment_id"]);
  const flagKey =
    textOf(properties["flag_key"]) ?? experimentId ?? textOf(properties["experiment_name"]);
  if (variant === null || flagKey === null) return event;
  return {
    ...event,
    type: "exposure",
    event: flagKey,
    experimentId,
    flagKey,
    revision: textOf(properties["revision"]) ?? "",
    variant,
  };
}

function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value.toWellFormed() : null;
}
