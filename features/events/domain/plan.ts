import type { EventType, FlatEvent } from "./flat-event.ts";
import { isFields } from "./json-object.ts";
import type { PlanVersion } from "./plan-version.ts";

/** Events that a telemetry plan can describe. */
export const PLANNED_TYPES = [
  "track",
  "page",
  "screen",
  "identify",
  "group",
  "exposure",
] as const satisfies readonly EventType[];
export type PlannedType = (typeof PLANNED_TYPES)[number];

/** `enforce`: what breaks the plan becomes a bad event. `observe`: it is accepted and counted. */
export const PLAN_MODES = ["observe", "enforce"] as const;
export type PlanMode = (typeof PLAN_MODES)[number];

/** A draft may change; what is published is fixed; what is retired checks nothing any more. */
export const PLAN_STATES = ["draft", "published", "retired"] as const;
export type PlanState = (typeof PLAN_STATES)[number];

/** Where a version applies; null means everywhere. */
export interface PlanScope {
  readonly environments: readonly string[] | null;
  readonly sources: readonly string[] | null;
}

/** What one version of a plan says. Nothing of it changes once it is published. */
export interface PlanContent extends PlanScope {
  /** JSON Schema of the properties (or traits) of the event. */
  readonly schema: unknown;
  readonly mode: PlanMode;
  /** An event of the plan must have arrived within so many days to count as arriving. */
  readonly freshnessDays: number;
}

/** A plan without arrivals for so long is stale, unless it says otherwise. */
export const DEFAULT_FRESHNESS_DAYS = 30;

/** Whether everything to which `inner` applies is covered by `outer`. */
export function coversScope(outer: PlanScope, inner: PlanScope): boolean {
  const covers = (wide: readonly string[] | null, narrow: readonly string[] | null): boolean =>
    wide === null || (narrow !== null && narrow.every((key) => wide.includes(key)));
  return covers(outer.environments, inner.environments) && covers(outer.sources, inner.sources);
}

/**
 * Whether an event comes from where the plan counts: its environment and source, each any where none is
 * named.
 */
export function appliesTo(
  scope: PlanScope,
  event: Pick<FlatEvent, "environment" | "source">,
): boolean {
  return (
    (scope.environments === null || scope.environments.includes(event.environment)) &&
    (scope.sources === null || scope.sources.includes(event.source))
  );
}

/** What keeps a plan apart from others: it describes one event. */
export function planKey(eventType: string, event: string): string {
  return `${eventType} ${event}`;
}

/** The member of an event as sent that a plan describes. */
export function plannedMember(type: string): "traits" | "properties" {
  return type === "identify" || type === "group" ? "traits" : "properties";
}

/**
 * What a plan judges: the member of the event as sent, or what was stored of it where the dialect
 * has no such member.
 */
export function plannedValue(event: FlatEvent, body: unknown): unknown {
  const member = plannedMember(event.type);
  const sent = isFields(body) ? body[member] : undefined;
  if (isFields(sent)) return sent;
  const stored: unknown = JSON.parse(event.properties);
  return stored;
}

/** When a version of a plan was last seen arriving as it should, in one environment. */
export interface PlanArrival {
  readonly environment: string;
  /** Over the last 30 days. */
  readonly passed: number;
  readonly observed: number;
  readonly quarantined: number;
  readonly lastPassedAt: Date | null;
  /** The present of the environment. */
  readonly asOf: Date;
}

/** `arriving` within the freshness window, `stale` before it, `waiting` never. */
export type ArrivalState = "arriving" | "stale" | "waiting";

const DAY_MS = 86_400_000;

/** Whether events of a plan still arrive, by the last one that was as planned. */
export function arrivalState(
  lastPassedAt: Date | null,
  freshnessDays: number,
  now: Date,
): ArrivalState {
  if (lastPassedAt === null) return "waiting";
  return now.getTime() - lastPassedAt.getTime() <= freshnessDays * DAY_MS ? "arriving" : "stale";
}

/** A version with its plan, as the door needs it. */
export interface PlannedVersion extends PlanScope {
  readonly name: string;
  readonly version: PlanVersion;
}
