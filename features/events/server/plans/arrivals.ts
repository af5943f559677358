import type { Db } from "@paceline/db";
import { sql } from "kysely";

import type { PlanArrival } from "../../domain/index.ts";

/** What became of the events of one version in one environment within one hour. */
export interface ArrivalCount {
  readonly workspaceId: string;
  readonly environment: string;
  /** `name/1-0-0`. */
  readonly plan: string;
  readonly hour: Date;
  readonly passed: number;
  readonly observed: number;
  readonly quarantined: number;
  readonly lastPassedAt: Date | null;
}

/** What accepted events broke. */
export interface ObservedCount {
  readonly workspaceId: string;
  readonly environment: string;
  readonly plan: string;
  readonly path: string;
  readonly reason: string;
  readonly events: number;
  readonly lastSeenAt: Date;
}

export interface UnplannedCount {
  readonly workspaceId: string;
  readonly environment: string;
  readonly eventType: string;
  readonly event: string;
  readonly events: number;
  readonly lastSeenAt: Date;
}

/** Adds counts; every node adds its own. */
export async function addArrivals(db: Db, counts: readonly ArrivalCount[]): Promise<void> {
  for (const count of counts) {
    await db
      .insertInto("telemetry_plan_arrivals")
      .values({
        workspace_id: count.workspaceId,
        environment: count.environment,
        plan: count.plan,
        hour: count.hour,
        passed: count.passed,
        observed: count.observed,
        quarantined: count.quarantined,
        last_passed_at: count.lastPassedAt,
      })
      .onConflict((conflict) =>
        conflict.columns(["workspace_id", "environment", "plan", "hour"]).doUpdateSet((eb) => ({
          passed: eb("telemetry_plan_arrivals.passed", "+", eb.ref("excluded.passed")),
          observed: eb("telemetry_plan_arrivals.observed", "+", eb.ref("excluded.observed")),
          quarantined: eb(
            "telemetry_plan_arrivals.quarantined",
            "+",
            eb.ref("excluded.quarantined"),
          ),
          last_passed_at: eb.fn<Date | null>("greatest", [
            "telemetry_plan_arrivals.last_passed_at",
            "excluded.last_passed_at",
          ]),
        })),
      )
      .execute();
  }
}

export async function addObserved(db: Db, counts: readonly ObservedCount[]): Promise<void> {
  for (const count of counts) {
    await db
      .insertInto("telemetry_plan_observed")
      .values({
        workspace_id: count.workspaceId,
        environment: count.environment,
        plan: count.plan,
        path: count.path,
        reason: count.reason,
        events: count.events,
        last_seen_at: count.lastSeenAt,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["workspace_id", "environment", "plan", "path", "reason"])
          .doUpdateSet((eb) => ({
            events: eb("telemetry_plan_observed.events", "+", eb.ref("excluded.events")),
            last_seen_at: eb.ref("excluded.last_seen_at"),
          })),
      )
      .execute();
  }
}

export async function addUnplanned(db: Db, counts: readonly UnplannedCount[]): Promise<void> {
  for (const count of counts) {
    await db
      .insertInto("telemetry_unplanned")
      .values({
        workspace_id: count.workspaceId,
        environment: count.environment,
        event_type: count.eventType,
        event: count.event,
        events: count.events,
        last_seen_at: count.lastSeenAt,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["workspace_id", "environment", "event_type", "event"])
          .doUpdateSet((eb) => ({
            events: eb("telemetry_unplanned.events", "+", eb.ref("excluded.events")),
            last_seen_at: eb.ref("excluded.last_seen_at"),
          })),
      )
      .execute();
  }
}

const COUNTED_DAYS = 30;

/** The present of an environment: its own in a replay. */
export type EnvironmentNow = (environment: string) => Promise<Date>;

/** Arrivals of some versions (`name/1-0-0`) by version, each environment once, by its own clock. */
export async function readArrivals(
  db: Db,
  workspaceId: string,
  plans: readonly string[],
  nowOf: EnvironmentNow,
): Promise<ReadonlyMap<string, readonly PlanArrival[]>> {
  if (plans.length === 0) return new Map();
  const environments = await db
    .selectFrom("telemetry_plan_arrivals as a")
    .select("a.environment")
    .distinct()
    .where("a.workspace_id", "=", workspaceId)
    .where("a.plan", "in", [...plans])
    .orderBy("a.environment")
    .execute();
  const found: (PlanArrival & { readonly plan: string })[] = [];
  for (const { environment } of environments) {
    const now = await nowOf(environment);
    found.push(...(await arrivalsIn(db, workspaceId, plans, environment, now)));
  }
  return Map.groupBy(found, ({ plan }) => plan);
}

async function arrivalsIn(
  db: Db,
  workspaceId: string,
  plans: readonly string[],
  environment: string,
  now: Date,
): Promise<readonly (PlanArrival & { readonly plan: string })[]> {
  const lately = sql`a.hour > ${now}::timestamptz - make_interval(days => ${COUNTED_DAYS})`;
  const rows = await db
    .selectFrom("telemetry_plan_arrivals as a")
    .select(({ fn }) => [
      "a.plan",
      sql<number>`coalesce(sum(a.passed) filter (where ${lately}), 0)::float8`.as("passed"),
      sql<number>`coalesce(sum(a.observed) filter (where ${lately}), 0)::float8`.as("observed"),
      sql<number>`coalesce(sum(a.quarantined) filter (where ${lately}), 0)::float8`.as(
        "quarantined",
      ),
      fn.max("a.last_passed_at").as("last_passed_at"),
    ])
    .where("a.workspace_id", "=", workspaceId)
    .where("a.environment", "=", environment)
    .where("a.plan", "in", [...plans])
    .groupBy("a.plan")
    .execute();
  return rows.map((row) => ({
    plan: row.plan,
    environment,
    passed: row.passed,
    observed: row.observed,
    quarantined: row.quarantined,
    lastPassedAt: row.last_passed_at,
    asOf: now,
  }));
}

/** The most frequent things that accepted events of a plan broke. */
export async function readObserved(
  db: Db,
  workspaceId: string,
  plans: readonly string[],
  limit: number,
): Promise<readonly ObservedCount[]> {
  if (plans.length === 0) return [];
  const rows = await db
    .selectFrom("telemetry_plan_observed as o")
    .select(["o.plan", "o.environment", "o.path", "o.reason", "o.events", "o.last_seen_at"])
    .where("o.workspace_id", "=", workspaceId)
    .where("o.plan", "in", [...plans])
    .orderBy("o.events", "desc")
    .orderBy("o.path")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    workspaceId,
    environment: row.environment,
    plan: row.plan,
    path: row.path,
    reason: row.reason,
    events: row.events,
    lastSeenAt: row.last_seen_at,
  }));
}

export async function readUnplanned(
  db: Db,
  workspaceId: string,
  limit: number,
): Promise<readonly UnplannedCount[]> {
  const rows = await db
    .selectFrom("telemetry_unplanned as u")
    .select(["u.environment", "u.event_type", "u.event", "u.events", "u.last_seen_at"])
    .where("u.workspace_id", "=", workspaceId)
    .orderBy("u.events", "desc")
    .orderBy("u.event")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    workspaceId,
    environment: row.environment,
    eventType: row.event_type,
    event: row.event,
    events: row.events,
    lastSeenAt: row.last_seen_at,
  }));
}
