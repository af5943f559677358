import { poolUse } from "@paceline/db";
import type { Db } from "@paceline/db";
import { activeSpan } from "@paceline/telemetry";
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** How much of the connection pool is used, read when somebody asks for the figures. */
export function registerPoolGauges(registry: Registry, db: Db): void {
  new Gauge({
    name: "paceline_postgres_connections",
    help: "Connections to PostgreSQL, by state",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const { open, idle } = poolUse(db) ?? { open: 0, idle: 0 };
      this.set({ state: "idle" }, idle);
      this.set({ state: "busy" }, open - idle);
    },
  });
  new Gauge({
    name: "paceline_postgres_waiting_calls",
    help: "Calls that wait for a connection because all are busy",
    registers: [registry],
    collect() {
      this.set(poolUse(db)?.waiting ?? 0);
    },
  });
}

/** Told of each evaluated flag. */
type OnEvaluated = (flagKey: string, reason: string, variant: string | null) => void;

/** Counts evaluations by reason, and puts those of one flag on the span of their request. */
export function flagEvaluations(registry: Registry): OnEvaluated {
  // Added up here and told when somebody asks: an evaluation of all flags counts as many as there are.
  const counts = new Map<string, number>();
  new Counter({
    name: "paceline_flag_evaluations_total",
    help: "Flags evaluated over OFREP, by OpenFeature's reason, or error code if it failed",
    labelNames: ["reason"],
    registers: [registry],
    collect() {
      for (const [reason, count] of counts) this.inc({ reason }, count);
      counts.clear();
    },
  });
  return (flagKey, reason, variant) => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const span = activeSpan();
    if (span === undefined || !span.isSampled) return;
    span.set({
      "feature_flag.provider.name": "paceline",
      "feature_flag.result.reason": reason.toLowerCase(),
      // Where there is no such flag, the key is any text that the caller sent.
      ...(reason === "FLAG_NOT_FOUND" ? {} : { "feature_flag.key": flagKey }),
      ...(variant === null ? {} : { "feature_flag.result.variant": variant }),
    });
  };
}

/** Counts what an operator should know of durable runs, by kind. */
export function countAlarms(registry: Registry): (kind: string) => void {
  const alarms = new Counter({
    name: "paceline_workflow_alarms_total",
    help: "Durable runs that needed attention, nodes taken over and lost doorbells, by kind",
    labelNames: ["kind"],
    registers: [registry],
  });
  return (kind) => alarms.inc({ kind });
}
