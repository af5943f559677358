import { poolUse } from "@paceline/db";
import type { Db } from "@paceline/db";
import type { FlagRouteDependencies } from "@paceline/flags/server";
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

/** Told of each evaluated flag, and of each evaluation of all flags. */
export type OnEvaluated = Required<Pick<FlagRouteDependencies, "onEvaluated" | "onAllEvaluated">>;

interface ReasonCount {
  count: number;
}

/** Counts evaluations by reason, and puts those of one flag on the span of their request. */
export function flagEvaluations(registry: Registry): OnEvaluated {
  // Added up here and told when somebody asks: an evaluation of all flags counts as many as there are.
  const counts = new Map<string, ReasonCount>();
  new Counter({
    name: "paceline_flag_evaluations_total",
    help: "Flags evaluated over OFREP, by OpenFeature's reason, or error code if it failed",
    labelNames: ["reason"],
    registers: [registry],
    collect() {
      for (const [reason, { count }] of counts) this.inc({ reason }, count);
      counts.clear();
    },
  });
  const countOne = (reason: string): void => {
    const known = counts.get(reason);
    if (known === undefined) counts.set(reason, { count: 1 });
    else known.count += 1;
  };
  const onEvaluated: OnEvaluated["onEvaluated"] = (flagKey, reason, variant) => {
    countOne(reason);
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
  return {
    onEvaluated,
    onAllEvaluated(reasons) {
      for (const reason of reasons) countOne(reason);
    },
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
