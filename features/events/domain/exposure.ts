import type { FlatEvent } from "./flat-event.ts";
import { isFields, withMember } from "./json-object.ts";
import type { Dialect } from "./read-body.ts";

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

/**
 * The one source of all exposures. A client's hook and our own evaluation report the same read under
 * different keys; were each its own source, the read would count twice.
 */
export const EXPOSURE_SOURCE = "exposures";

const DAY_MS = 86_400_000;

type Said = Pick<Exposure, "experimentId" | "flagKey" | "variant" | "unit" | "at">;

/**
 * What makes two reports the same exposure: experiment, flag, variant, unit and UTC day. A unit that
 * reads the same flag a thousand times a day leaves one record, and a retry adds none. Another variant
 * is another record, so crossing over stays visible. The flag's revision is not part of it: foreign
 * dialects do not know it, and the same unit with the same variant says nothing new.
 */
function exposureMessageId({ experimentId, flagKey, variant, unit, at }: Said): string {
  const day = Math.floor(at / DAY_MS);
  return `exposure:${JSON.stringify([experimentId, flagKey, variant, day, unit])}`;
}

/** The event of one of our own evaluations. */
export function exposureEvent(exposure: Exposure): FlatEvent {
  return {
    workspace: exposure.workspace,
    environment: exposure.environment,
    source: EXPOSURE_SOURCE,
    messageId: exposureMessageId(exposure),
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

/** What we know of a flag that a client reports on: the experiment that it serves, and its revision. */
export interface ServedFlagFacts {
  readonly flagKey: string;
  readonly revision: string | null;
  /** Null where it serves none, whatever the client says. */
  readonly experimentId: string | null;
  /** Our name of the variant, where the client gave its value, as PostHog's do for booleans. */
  readonly variant: string;
}

/**
 * The one record of an exposure that a client reported: it gets the message id that our own
 * evaluation of the same read would get. Who reported it, and under which id, is kept in
 * `context.reportedBy`.
 *
 * @param event as its dialect read it, with the client's source and message id
 * @param facts of the flag, if it is one of ours; they win over what the client says
 */
export function canonicalExposure(
  event: FlatEvent,
  facts: ServedFlagFacts | null,
  dialect: Dialect,
): FlatEvent {
  const flagKey = facts?.flagKey ?? event.flagKey ?? event.event;
  const experimentId = facts === null ? event.experimentId : facts.experimentId;
  const variant = facts?.variant ?? event.variant ?? "";
  const revision = facts?.revision ?? event.revision ?? "";
  const reportedBy = { source: event.source, messageId: event.messageId, dialect };
  return {
    ...event,
    source: EXPOSURE_SOURCE,
    messageId: exposureMessageId({ ...event, experimentId, flagKey, variant }),
    event: flagKey,
    flagKey,
    experimentId,
    revision,
    variant,
    context: withMember(event.context, "reportedBy", JSON.stringify(reportedBy)),
  };
}

/** The event by which Segment's specification reports an exposure. */
const EXPERIMENT_VIEWED = "Experiment Viewed";

/**
 * Turns Segment's `Experiment Viewed` into an exposure. An event that names no variation says
 * nothing about an exposure and stays what it is.
 */
export function recogniseExposure(event: FlatEvent, message: unknown): FlatEvent {
  if (event.type !== "track" || event.event !== EXPERIMENT_VIEWED) return event;
  const body = isFields(message) ? message["properties"] : undefined;
  const properties = isFields(body) ? body : {};
  const variant = textOf(properties["variation_id"]) ?? textOf(properties["variation_name"]);
  const experimentId = textOf(properties["experiment_id"]);
  const flagKey =
    textOf(properties["flag_key"]) ?? experimentId ?? textOf(properties["experiment_name"]);
  if (variant === null || flagKey === null) return event;
  return asExposure(event, {
    flagKey,
    experimentId,
    revision: textOf(properties["revision"]) ?? "",
    variant,
  });
}

/** An event that turned out to be an exposure. */
export function asExposure(
  event: FlatEvent,
  said: Pick<Exposure, "flagKey" | "experimentId" | "revision" | "variant">,
): FlatEvent {
  return { ...event, type: "exposure", event: said.flagKey, ...said };
}

/** A key or variant as clients write it: texts, and the numbers and booleans of untyped clients. */
export function textOf(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.toWellFormed() : null;
}
