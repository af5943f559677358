import { ROLES } from "@paceline/command";
import type { Clock, CommandContext } from "@paceline/command";
import { listMetrics } from "@paceline/experiments/server";
import {
  concludeFlag,
  lockExposureSteps,
  lowerExposure,
  publishExposure,
  readFlag,
  readLatest,
  readRevision,
  releaseFlagLocks,
  takeFlagLock,
} from "@paceline/flags/server";
import type { FlagSets, PublicationDoor } from "@paceline/flags/server";
import type { App } from "@paceline/http";
import { findInitiative, recordVerdict } from "@paceline/initiatives/server";
import { err, ok } from "@paceline/result";
import {
  keepRolloutsInOrder,
  noticeMovedFlags,
  planBinding,
  registerPlanRoutes,
  registerRunRoutes,
  ROLLOUT_CHANNEL,
  runningPlans,
} from "@paceline/rollouts/server";
import type {
  PlanDependencies,
  PlanRuns,
  RolloutDependencies,
  RolloutRetention,
  RunningPlans,
  StagePort,
} from "@paceline/rollouts/server";
import { createEngine } from "@paceline/workflow";
import type { Alarm, Engine, EngineOptions, Work } from "@paceline/workflow";

import type { Config } from "./config.ts";
import { countAlarms } from "./figures.ts";
import type { Parts } from "./parts.ts";
import { newId, serviceContext } from "./service-context.ts";

/** The words of a refused publication, for the person who sees a paused rollout. */
function refusalWords(error: { readonly kind: string }): string {
  if ("lock" in error && typeof error.lock === "object" && error.lock !== null) {
    return "reason" in error.lock ? String(error.lock.reason) : "Something holds the flag.";
  }
  if ("refusal" in error && typeof error.refusal === "object" && error.refusal !== null) {
    const { detail, wayOut } = { detail: "", wayOut: "", ...error.refusal };
    return `${detail} ${wayOut}`.trim();
  }
  if ("results" in error && Array.isArray(error.results)) {
    const names = error.results.map(({ name }: { readonly name: string }) => `"${name}"`);
    return `The flag's tests ${names.join(", ")} would fail. Change the flag or its tests, then resume.`;
  }
  return `The flag cannot be published: ${error.kind.replaceAll("-", " ")}.`;
}

/** What rollout plans ask of flags. */
function stagePort(door: PublicationDoor): StagePort {
  return {
    async find(ctx, { flagKey, environment, ruleId }) {
      const flag = await readFlag(ctx.db, ctx.workspaceId, flagKey);
      const latest = flag === null ? null : await readLatest(ctx.db, flag.id, environment);
      if (flag === null || latest === null || latest.content === null) return null;
      const { enabled, rules } = latest.content.configuration;
      const rule = rules.find(({ id }) => id === ruleId);
      if (rule === undefined) return "no-rule";
      return {
        flagId: flag.id,
        revision: latest.revision,
        isEnabled: enabled,
        exposureShare: rule.exposureShare,
        recordsExposure: rule.recordExposure,
        experimentId: rule.experimentId,
      };
    },
    async shareAt(ctx, { flagKey, environment, ruleId, revision }) {
      const flag = await readFlag(ctx.db, ctx.workspaceId, flagKey);
      const was = flag && (await readRevision(ctx.db, flag.id, environment, revision));
      const configuration = was?.content?.configuration;
      if (configuration?.enabled !== true) return 0;
      return configuration.rules.find(({ id }) => id === ruleId)?.exposureShare ?? 0;
    },
    async publish(ctx, { flagKey, environment, ruleId, exposureShare, when, planId }) {
      const published = await publishExposure(door, ctx, {
        flagKey,
        environment,
        ruleId,
        exposureShare,
        ...(when === undefined ? {} : { when }),
        rolloutId: planId,
        lockHolder: planId,
      });
      return published.ok
        ? ok(published.value.revision)
        : err({ kind: "refused", reason: refusalWords(published.error) });
    },
    async lower(ctx, step) {
      const lowered = await lowerExposure(ctx, step);
      return lowered.ok
        ? ok(lowered.value.revision)
        : err({ kind: "refused", reason: refusalWords(lowered.error) });
    },
    stepsBack: (ctx, place) => lockExposureSteps(ctx.db, ctx.workspaceId, place),
    async lock(ctx, { id, name, flagId, environment }) {
      const reason = `The rollout "${name}" moves it. Pause it to look, or abort or roll it back to be free to change the flag.`;
      const place = { workspaceId: ctx.workspaceId, flagId, environment };
      const held = await takeFlagLock(ctx.db, place, { holder: id, reason }, ctx.now);
      return held === null ? ok(true) : err({ kind: "refused", reason: held.reason });
    },
    unlock: (ctx, planId) => releaseFlagLocks(ctx.db, ctx.workspaceId, planId),
    conclude: (ctx, key) => concludeFlag(ctx, key),
  };
}

const VERDICT_STATE = "in_flight";

/** What rollouts need of a server. */
export type RolloutParts = Pick<
  Parts,
  "store" | "clock" | "clocks" | "flagSets" | "logger" | "telemetry"
>;

function planDependencies(
  { store, clocks, clock }: RolloutParts,
  door: PublicationDoor,
  rollouts: Pick<RolloutDependencies, "flags" | "experiments">,
  alarm: (alarm: RunAlarm) => void,
): PlanDependencies {
  return {
    ...rollouts,
    stages: stagePort(door),
    now: () => clock.now(),
    page: (runId, detail) => alarm({ kind: "way-back-refused", runId, detail }),
    roles: ROLES,
    isReplay: (workspaceId, environment) => clocks.isReplay(workspaceId, environment),
    async metrics(ctx) {
      const metrics = await listMetrics(ctx.db, ctx.workspaceId);
      return new Set(metrics.map(({ key }) => key));
    },
    async environmentExists({ workspaceId }, environment) {
      const row = await store.db
        .selectFrom("environments")
        .select("id")
        .where("workspace_id", "=", workspaceId)
        .where("key", "=", environment)
        .executeTakeFirst();
      return row !== undefined;
    },
    async concludeInitiative(ctx, { initiativeId, planId, verdict }) {
      const initiative = await findInitiative(ctx.db, ctx.workspaceId, initiativeId);
      if (initiative?.state !== VERDICT_STATE) return;
      const evidence = { rollout: planId };
      await recordVerdict(ctx, { id: initiativeId, expectedVersion: null, verdict, evidence });
    },
  };
}

/** The rollout plans of this server: what runs them, and what others ask of them. */
export interface RolloutPlans {
  readonly engine: Engine;
  readonly runs: PlanRuns;
  readonly running: RunningPlans;
  readonly dependencies: PlanDependencies;
  registerRoutes(app: App): void;
  /** Deletes what is no longer kept of ended rollouts and of their guards. */
  keepInOrder(retention: RolloutRetention): Promise<unknown>;
  /** Takes jobs, and tells people and plans what moves. */
  work(
    node: Pick<Config, "nodeId">,
    publish: (workspaceId: string, topic: string, data: unknown) => void,
  ): Promise<Work>;
}

/** What the engine alarms of, and a rollback that could not be done. */
interface RunAlarm extends Omit<Alarm, "kind"> {
  readonly kind: Alarm["kind"] | "way-back-refused";
}

/** Interruptions are tried again by themselves. */
const WARNINGS: readonly RunAlarm["kind"][] = ["effect-interrupted", "wake-interrupted"];

function alarmWith(parts: RolloutParts): (alarm: RunAlarm) => void {
  const count = countAlarms(parts.telemetry.registry);
  return (alarm) => {
    count(alarm.kind);
    const level = WARNINGS.includes(alarm.kind) ? "warn" : "error";
    parts.logger[level]({ ...alarm }, "a durable run needs attention");
  };
}

function follow(
  parts: RolloutParts,
  runs: PlanRuns,
  stages: StagePort,
  as: (workspaceId: string) => CommandContext,
): () => void {
  const { logger } = parts;
  const flagSets: FlagSets = parts.flagSets;
  return flagSets.onChange(({ set, changedKeys }) => {
    const { workspaceId, environment } = set;
    noticeMovedFlags(runs, stages, as(workspaceId), environment, changedKeys).catch(
      (error: unknown) => logger.error({ err: error }, "a moved flag was not noticed"),
    );
  });
}

/**
 * Creates the engine of this server and makes the rollout plans known to it.
 *
 * @param at called around transactions; for tests that stop a process there
 */
export function createRolloutPlans(
  parts: RolloutParts,
  door: PublicationDoor,
  rollouts: Pick<RolloutDependencies, "flags" | "experiments">,
  at?: EngineOptions["at"],
): RolloutPlans {
  const { store, logger } = parts;
  const clock: Clock = parts.clock;
  const as = (workspaceId: string): CommandContext =>
    serviceContext(store.db, clock, "rollouts", workspaceId);
  const alarm = alarmWith(parts);
  const engine = createEngine({
    db: store.db,
    clock,
    newId: () => newId(clock),
    serviceContext: as,
    alarm,
    onError: (error) => logger.warn({ err: error }, "the queue of durable runs is disturbed"),
    ...(at === undefined ? {} : { at }),
  });
  const dependencies = planDependencies(parts, door, rollouts, alarm);
  const runs = engine.register(planBinding(dependencies));
  return {
    engine,
    runs,
    running: runningPlans(runs, dependencies.stages),
    dependencies,
    registerRoutes(app) {
      const { control } = engine;
      registerPlanRoutes(app, { ...dependencies, runs, control });
      registerRunRoutes(app, { runs, control });
    },
    keepInOrder: (retention) =>
      keepRolloutsInOrder({ db: store.db, serviceContext: as }, retention, clock.now()),
    async work({ nodeId }, publish) {
      await store.notifications.on(ROLLOUT_CHANNEL, (payload) => {
        const [workspaceId = "", id = ""] = payload?.split("/") ?? [];
        if (workspaceId !== "") publish(workspaceId, "rollouts", { id });
      });
      const unfollow = follow(parts, runs, dependencies.stages, as);
      const work = await engine.work({ url: store.url, node: nodeId });
      return {
        async close() {
          unfollow();
          await work.close();
        },
      };
    },
  };
}
