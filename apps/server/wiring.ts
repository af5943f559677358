import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { takeDueLook, takeDueLooks } from "@paceline/experiments/server";
import type {
  BeginningExperiment,
  Begun,
  ConcludedExperiment,
  ExperimentDependencies,
  ExperimentRef,
  LookTaken,
  ReadinessItem,
} from "@paceline/experiments/server";
import {
  concludeFlag,
  flagProblem,
  keepHoldouts,
  lockFlag,
  releaseRules,
} from "@paceline/flags/server";
import type { PublicationDoor } from "@paceline/flags/server";
import type { SseHub } from "@paceline/http";
import { VERDICTS } from "@paceline/initiatives/domain";
import {
  createPolicyStore,
  findInitiative,
  initiativeProblem,
  recordVerdict,
  startNextIteration,
} from "@paceline/initiatives/server";
import type { InitiativeDependencies } from "@paceline/initiatives/server";
import { createMonitor, guardedPlans } from "@paceline/rollouts/server";
import type { Monitor, RolloutDependencies } from "@paceline/rollouts/server";

import { evidenceSources } from "./evidence.ts";
import { wireGuards } from "./guards.ts";
import type { Guards } from "./guards.ts";
import type { Parts } from "./parts.ts";
import { eventStorePort, flagPort, receiptsPort } from "./ports.ts";
import { publicationDoor } from "./publication-door.ts";
import { experimentReadiness } from "./readiness.ts";
import { createRolloutPlans } from "./rollout-plans.ts";
import type { RolloutPlans } from "./rollout-plans.ts";
import { serviceContext } from "./service-context.ts";
import { shadowPort } from "./shadow-port.ts";

const DAYS_PER_WEEK = 7;

/** The features' dependencies on each other, tied together. */
export interface Wiring {
  readonly initiatives: InitiativeDependencies;
  readonly experiments: ExperimentDependencies;
  readonly rollouts: RolloutDependencies;
  readonly monitor: Monitor;
  readonly guards: Guards;
  /** What runs the rollout plans. */
  readonly plans: RolloutPlans;
  /** What stands between a command and what flags do. */
  readonly door: PublicationDoor;
  /** After each look: rolls back what must be. */
  readonly onLook: (taken: LookTaken) => Promise<void>;
  /** Takes every look that is due. */
  readonly takeLooks: () => Promise<void>;
  /** Takes on every holdout whose window has come. */
  readonly keepHoldouts: () => Promise<void>;
  /** Reads every running experiment once. */
  readonly watch: () => Promise<void>;
}

async function initiativeItem(db: Db, experiment: ExperimentRef): Promise<ReadinessItem> {
  const item = { key: "initiative", title: "Initiative" } as const;
  const { initiativeId, workspaceId } = experiment;
  const found = initiativeId === null ? null : await findInitiative(db, workspaceId, initiativeId);
  if (found === null) {
    return { ...item, met: false, detail: "Propose the change as an initiative and link it." };
  }
  const name = `CHG-${found.number}`;
  if (found.state === "ready" || found.state === "verdict") {
    return { ...item, met: true, detail: `${name} is decided and its artifacts are present.` };
  }
  const wayOut =
    found.state === "decided"
      ? "Add its missing artifacts and mark it ready."
      : "Ask for a decision and mark it ready.";
  return { ...item, met: false, detail: `${name} is ${found.state.replace("_", " ")}. ${wayOut}` };
}

async function begin(
  deps: { readonly initiatives: InitiativeDependencies; readonly door: PublicationDoor },
  ctx: CommandContext,
  outside: Db,
  experiment: BeginningExperiment,
): Promise<Begun> {
  const { initiativeId, maxDays } = experiment;
  if (initiativeId === null) {
    return { ok: false, words: "The experiment belongs to no initiative.", afterwards: null };
  }
  const weeks = Math.max(1, Math.ceil(maxDays / DAYS_PER_WEEK));
  const input = { id: initiativeId, expectedVersion: null, weeks };
  const started = await startNextIteration(deps.initiatives, ctx, input);
  if (!started.ok) {
    return { ok: false, words: initiativeProblem(started.error).message, afterwards: null };
  }
  if (started.value.kind === "started") return release(deps.door, ctx, experiment);
  return {
    ok: false,
    words: "A third iteration makes it a marathon: plan it as one, with its controls.",
    async afterwards() {
      await startNextIteration(deps.initiatives, { ...ctx, db: outside }, input);
    },
  };
}

/** Lets the rules of an experiment apply: from here on units are exposed. */
async function release(
  door: PublicationDoor,
  ctx: CommandContext,
  { id, flagKey, environment }: BeginningExperiment,
): Promise<Begun> {
  const released = await releaseRules(door, ctx, { flagKey, environment, experimentId: id });
  return released.ok
    ? { ok: true }
    : { ok: false, words: flagProblem(released.error).message, afterwards: null };
}

/** Concludes the flag of a run, and gives an initiative in flight its verdict. */
async function conclude(ctx: CommandContext, experiment: ConcludedExperiment): Promise<void> {
  const { initiativeId, id, auditEntry, flagKey } = experiment;
  await concludeFlag(ctx, flagKey);
  const verdict = VERDICTS.find((known) => known === experiment.verdict);
  if (initiativeId === null || verdict === undefined) return;
  const initiative = await findInitiative(ctx.db, ctx.workspaceId, initiativeId);
  if (initiative?.state !== "in_flight") return;
  const evidence = { experiment: id, auditEntry };
  await recordVerdict(ctx, { id: initiativeId, expectedVersion: null, verdict, evidence });
}

/** Ties the features together: each gets what it needs of the others as a parameter. */
export function wire(parts: Parts, hub: SseHub): Wiring {
  const { store, clock, clocks, events, flagSets, logger } = parts;
  const publish = (workspaceId: string, topic: string, data: unknown): void =>
    hub.publish(workspaceId, topic, data);
  const environmentNow = async (workspaceId: string, environment: string): Promise<Date> =>
    clocks.now(workspaceId, environment);
  const initiatives: InitiativeDependencies = {
    evidence: evidenceSources({ events, clocks, plans: parts.plans }),
    policies: createPolicyStore(),
    publish,
  };
  const door = publicationDoor(initiatives);
  const experiments: ExperimentDependencies = {
    events: eventStorePort(events),
    environmentNow,
    readiness: (experiment) =>
      experimentReadiness(store.db, experiment, (ref) => initiativeItem(store.db, ref), {
        subscribers: parts.subscribers,
        now: clock.now(),
      }),
    holdFlag: async ({ db, workspaceId }, { flagKey }) => {
      await lockFlag(db, workspaceId, flagKey);
    },
    begin: (ctx, experiment) => begin({ initiatives, door }, ctx, store.db, experiment),
    begun: async ({ workspaceId, environment }) => {
      await flagSets.refresh(workspaceId, environment);
    },
    conclude,
    publish,
  };
  const flags = flagPort(flagSets, door);
  const plans = createRolloutPlans(parts, door, { flags, experiments });
  const rollouts: RolloutDependencies = {
    flags,
    shadow: shadowPort(door, flagSets),
    receipts: receiptsPort(parts.subscribers),
    experiments,
    plans: plans.running,
    monotonicMs: () => performance.now(),
    publish,
  };
  const as = (name: string) => (workspaceId: string) =>
    serviceContext(store.db, clock, name, workspaceId);
  const onError = (error: unknown, experimentId: string): void =>
    logger.error({ err: error, experimentId }, "an experiment could not be read");
  const scheduler = { ...experiments, serviceContext: as("scheduler") };
  const monitor = createMonitor({
    ...rollouts,
    serviceContext: as("monitor"),
    takeDueLook: (experiment, now) => takeDueLook(scheduler, store.db, experiment, now),
    onError,
  });
  const onLook = async (taken: LookTaken): Promise<void> => {
    await monitor.afterLook(store.db, taken);
    const { workspaceId, initiativeId } = taken.experiment;
    publish(workspaceId, "initiatives", { id: initiativeId });
  };
  return {
    initiatives,
    experiments,
    rollouts,
    monitor,
    guards: wireGuards(
      parts,
      hub,
      guardedPlans(plans.runs, plans.dependencies.stages, as("guards")),
    ),
    plans,
    door,
    onLook,
    async keepHoldouts() {
      const failed = (error: unknown): void =>
        logger.error({ err: error }, "a holdout could not go on");
      const deps = { db: store.db, door, serviceContext: as("holdouts"), onError: failed };
      await keepHoldouts(deps, clock.now());
    },
    async takeLooks() {
      await takeDueLooks({ ...scheduler, onLook, onError }, store.db);
    },
    async watch() {
      for (const { workspaceId } of await monitor.pass(store.db))
        publish(workspaceId, "initiatives", {});
    },
  };
}
