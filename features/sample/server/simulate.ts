import { moveEnvironmentClock } from "@paceline/access/server";
import type { CommandContext } from "@paceline/command";
import type { FlatEvent } from "@paceline/events/domain";
import { recordExposures } from "@paceline/events/server";
import { findExperiment, lockCriterion, startExperiment } from "@paceline/experiments/server";

import { contextOf, deedsOf, SIMULATED_DAYS, visitsOn } from "../domain/index.ts";
import type { Study, Visit } from "../domain/index.ts";
import { SAMPLE_ENVIRONMENT } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { must } from "./must.ts";
import type { Prepared } from "./propose-sample.ts";
import { trackEvent } from "./track-event.ts";

const DAY_MS = 86_400_000;
/** The monitor reads twice a simulated day. */
const STEPS_PER_DAY = 2;
const STEP_MS = DAY_MS / STEPS_PER_DAY;
const APPENDED_AT_ONCE = 1_000;

export const SIMULATED_STEPS = SIMULATED_DAYS * STEPS_PER_DAY;

const environment = SAMPLE_ENVIRONMENT;

async function append(deps: SampleDependencies, events: readonly FlatEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += APPENDED_AT_ONCE) {
    must("store events", await deps.events.append(events.slice(from, from + APPENDED_AT_ONCE)));
  }
}

async function moveClock(
  deps: SampleDependencies,
  workspaceId: string,
  toMs: number,
): Promise<void> {
  const ctx = deps.serviceContext(workspaceId);
  must("move the clock", await moveEnvironmentClock(ctx, environment, new Date(toMs)));
  await deps.clockMoved();
}

/** One event of each name, by no customer, so that the telemetry plans have been seen to work. */
export async function probeTelemetry(
  deps: SampleDependencies,
  ctx: CommandContext,
  studies: readonly Study[],
  atMs: number,
): Promise<void> {
  const names = new Set(studies.flatMap(({ outcomes }) => outcomes.map(({ event }) => event)));
  const run = `probe ${ctx.newId()}`;
  const events = [...names].map((event) =>
    trackEvent(ctx.workspaceId, {
      environment,
      unit: "telemetry-probe",
      event,
      at: atMs,
      run,
      seed: 0,
      properties: {},
    }),
  );
  await append(deps, events);
  await deps.events.flush();
}

/** Locks the criteria and starts the experiments, at the first midnight. */
export async function startStudies(
  deps: SampleDependencies,
  workspaceId: string,
  prepared: readonly Prepared[],
  startsAtMs: number,
): Promise<void> {
  await moveClock(deps, workspaceId, startsAtMs);
  for (const { study, experimentId } of prepared) {
    const ctx = deps.serviceContext(workspaceId);
    must(`lock ${study.name}`, await lockCriterion(deps.experiments, ctx, experimentId));
    must(`start ${study.name}`, await startExperiment(deps.experiments, ctx, experimentId));
  }
  await deps.refreshFlags(workspaceId, environment);
}

/** Serves one unit; what it then does is queued until its time has come. */
function visit(
  deps: SampleDependencies,
  workspaceId: string,
  { study, experimentId }: Prepared,
  { unit, at }: Visit,
  seed: number,
): {
  readonly exposure: Parameters<typeof recordExposures>[1][number];
  readonly deeds: readonly FlatEvent[];
} | null {
  const served = deps.serve(workspaceId, environment, study.flagKey, contextOf(seed, unit), at);
  if (served === null) return null;
  const { variant, revision } = served;
  const exposure = {
    workspace: workspaceId,
    environment,
    flagKey: study.flagKey,
    experimentId: served.experimentId,
    revision: String(revision),
    variant,
    unit,
    at,
  };
  const deeds = deedsOf(study, seed, unit, variant).map(({ event, afterMs, properties }) =>
    trackEvent(workspaceId, {
      environment,
      unit,
      event,
      at: at + afterMs,
      run: experimentId,
      seed,
      properties,
    }),
  );
  return { exposure, deeds };
}

async function isRunning(
  deps: SampleDependencies,
  workspaceId: string,
  { experimentId }: Prepared,
): Promise<boolean> {
  return (await findExperiment(deps.db, workspaceId, experimentId))?.state === "running";
}

/**
 * Plays the days through the product, half a day at a time: units come by, are served what the flag
 * says, and act; the clock moves on; looks are taken; the monitor reads.
 *
 * @param onStep  told after each half day; may throw to end the simulation
 */
export async function playDays(
  deps: SampleDependencies,
  workspaceId: string,
  prepared: readonly Prepared[],
  seed: number,
  startsAtMs: number,
  onStep: (step: number) => void,
): Promise<void> {
  let waiting: readonly FlatEvent[] = [];
  for (let step = 0; step < SIMULATED_STEPS; step++) {
    const [from, to] = [startsAtMs + step * STEP_MS, startsAtMs + (step + 1) * STEP_MS];
    const visits: NonNullable<ReturnType<typeof visit>>[] = [];
    for (const one of prepared) {
      if (!(await isRunning(deps, workspaceId, one))) continue;
      const today = visitsOn(one.study, seed, Math.floor(step / STEPS_PER_DAY), startsAtMs);
      for (const coming of today.filter(({ at }) => at >= from && at < to)) {
        const seen = visit(deps, workspaceId, one, coming, seed);
        if (seen !== null) visits.push(seen);
      }
    }
    const exposures = visits.map(({ exposure }) => exposure);
    for (let at = 0; at < exposures.length; at += APPENDED_AT_ONCE) {
      const some = exposures.slice(at, at + APPENDED_AT_ONCE);
      must("record exposures", await recordExposures(deps.events, some));
    }
    const all = [...waiting, ...visits.flatMap(({ deeds }) => deeds)];
    await append(
      deps,
      all.filter(({ at }) => at < to).toSorted((a, b) => a.at - b.at),
    );
    waiting = all.filter(({ at }) => at >= to);
    // Whoever reads at the new time finds all that has happened by then, however busy the machine is.
    await deps.events.flush();
    await moveClock(deps, workspaceId, to);
    await deps.watch();
    onStep(step + 1);
  }
  await deps.flushSeen();
}
