import type { JsonObject } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import type { MonitorState } from "@paceline/experiments/api";
import { listLooks, listRunning, listToTakeBack, readMonitor } from "@paceline/experiments/server";
import type { Experiment, LookTaken, MonitorReading } from "@paceline/experiments/server";

import { decideRollback } from "../domain/index.ts";
import type { Finding } from "../domain/index.ts";
import { executeRollback } from "./commands/execute-rollback.ts";
import type { RolloutDependencies } from "./dependencies.ts";
import { findDefinition, hasExecution } from "./repository.ts";
import type { RollbackExecution } from "./repository.ts";

export interface MonitorDependencies extends RolloutDependencies {
  /** A context of the service `monitor` for one workspace. */
  readonly serviceContext: (workspaceId: string) => CommandContext;
  /** Takes the look of a running experiment that is due; null where none is. */
  readonly takeDueLook: (experiment: Experiment, now: Date) => Promise<LookTaken | null>;
  /** Told of a reading that failed; missing data never rolls back, and the others go on. */
  readonly onError: (error: unknown, experimentId: string) => void;
}

/** The latest reading of each running experiment, for screens. */
export interface Monitor {
  /**
   * Reads every running experiment once and rolls back what must be.
   *
   * @returns the rollbacks made
   */
  pass(db: Db): Promise<readonly RollbackExecution[]>;
  /** Rolls back after a look whose verdict says so. */
  afterLook(db: Db, taken: LookTaken): Promise<RollbackExecution | null>;
  stateOf(experimentId: string): MonitorState | null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function stateOfReading(
  experiment: Experiment,
  { finding, statistics }: MonitorReading,
): MonitorState {
  return {
    experimentId: experiment.id,
    readAt: statistics.asOf.toISOString(),
    action: finding.action,
    trigger: finding.trigger,
    reason: finding.reason,
    units: { ...statistics.units },
    newestEventAt: statistics.newestEventAt?.toISOString() ?? null,
    intervals: finding.intervals.map(({ arm, metric, effect, interval, scale }) => ({
      arm,
      metric,
      effect: finite(effect),
      interval: [finite(interval[0]), finite(interval[1])],
      scale,
    })),
  };
}

function numbersOf(reading: MonitorReading, state: MonitorState): JsonObject {
  const { readAt, units, newestEventAt, intervals } = state;
  return {
    readAt,
    units,
    newestEventAt,
    crossExposedUnits: reading.statistics.crossExposedUnits,
    intervals: intervals.map((interval) => ({ ...interval })),
  };
}

/** What a look's verdict means for the flag. */
function findingOfLook({ look, experiment }: LookTaken): Finding {
  const { verdict, reason, srm } = look.analysis;
  if (verdict === "invalid") {
    const mismatch = srm.p !== null && srm.p < experiment.criterion.validity.srmAlpha;
    return {
      action: "invalid",
      trigger: mismatch ? "sample-ratio-mismatch" : "cross-exposure",
      reason,
    };
  }
  if (verdict !== "rollback") return { action: "none", trigger: null, reason };
  const breached = look.analysis.arms.some(({ metrics }) =>
    metrics.some(
      ({ role, state }) => role === "guardrail" && (state === "breached" || state === "worse"),
    ),
  );
  return { action: "rollback", trigger: breached ? "guardrail-breach" : "primary-harm", reason };
}

/** How long ago a verdict may lie whose rollback is made up for. */
const CATCH_UP_MS = 24 * 3_600_000;

async function act(
  deps: MonitorDependencies,
  db: Db,
  experiment: Experiment,
  finding: Finding,
  numbers: JsonObject,
): Promise<RollbackExecution | null> {
  const { workspaceId, environment, flagKey } = experiment;
  const definition = await findDefinition(db, workspaceId, environment, flagKey);
  const decision = decideRollback(definition, finding);
  if (decision.kind !== "execute") return null;
  const result = await executeRollback(deps, deps.serviceContext(workspaceId), {
    flagKey,
    environment,
    trigger: decision.trigger,
    reason: decision.reason,
    experimentId: experiment.id,
    numbers,
    verdict: finding.action === "invalid" ? "invalid" : "rollback",
  });
  return result.ok ? result.value : null;
}

function afterLook(
  deps: MonitorDependencies,
  db: Db,
  taken: LookTaken,
): Promise<RollbackExecution | null> {
  const { analysis, look, auditEntry, asOf } = taken.look;
  return act(deps, db, taken.experiment, findingOfLook(taken), {
    look,
    asOf: asOf.toISOString(),
    lookEntry: auditEntry,
    verdict: analysis.verdict,
  });
}

/** A process that died between a look's verdict and its rollback left the flag exposed. */
async function catchUp(
  deps: MonitorDependencies,
  db: Db,
  settled: Set<string>,
): Promise<readonly RollbackExecution[]> {
  const made: RollbackExecution[] = [];
  const since = new Date(deps.serviceContext("").now.getTime() - CATCH_UP_MS);
  for (const experiment of await listToTakeBack(db, since)) {
    const { id, workspaceId } = experiment;
    if (settled.has(id)) continue;
    try {
      const look = (await listLooks(db, experiment)).at(-1);
      if (look !== undefined && !(await hasExecution(db, workspaceId, id))) {
        const execution = await afterLook(deps, db, { experiment, look });
        if (execution !== null) made.push(execution);
      }
      settled.add(id);
    } catch (error) {
      deps.onError(error, id);
    }
  }
  return made;
}

/**
 * Watches running experiments between looks. Cost of a pass: two event queries and one look-up of looks
 * per running experiment, and one look-up for verdicts of the last day whose rollback may be missing.
 */
export function createMonitor(deps: MonitorDependencies): Monitor {
  const states = new Map<string, MonitorState>();
  const settled = new Set<string>();

  /** The look of an instant comes first, so that harm that both would find ends the run with its look. */
  async function lookFirst(experiment: Experiment, now: Date): Promise<LookTaken | null> {
    try {
      return await deps.takeDueLook(experiment, now);
    } catch (error) {
      deps.onError(error, experiment.id);
      return null;
    }
  }

  async function read(db: Db, experiment: Experiment): Promise<RollbackExecution | null> {
    const { workspaceId, environment } = experiment;
    const now = await deps.experiments.environmentNow(workspaceId, environment);
    const taken = await lookFirst(experiment, now);
    if (taken !== null) {
      deps.publish(workspaceId, "initiatives", { id: experiment.initiativeId });
      if (taken.experiment.state !== "running") return afterLook(deps, db, taken);
    }
    const reading = await readMonitor(deps.experiments, db, experiment, now);
    if (reading === null) return null;
    const state = stateOfReading(experiment, reading);
    states.set(experiment.id, state);
    deps.publish(experiment.workspaceId, "monitor", { id: experiment.id, action: state.action });
    return act(deps, db, experiment, reading.finding, numbersOf(reading, state));
  }

  return {
    async pass(db) {
      const made: RollbackExecution[] = [...(await catchUp(deps, db, settled))];
      const running = await listRunning(db);
      const alive = new Set(running.map(({ id }) => id));
      for (const id of states.keys()) if (!alive.has(id)) states.delete(id);
      for (const experiment of running) {
        try {
          const execution = await read(db, experiment);
          if (execution !== null) made.push(execution);
        } catch (error) {
          deps.onError(error, experiment.id);
        }
      }
      return made;
    },
    afterLook: (db, taken) => afterLook(deps, db, taken),
    stateOf: (experimentId) => states.get(experimentId) ?? null,
  };
}
