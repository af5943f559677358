import type { CommandContext } from "@paceline/command";
import { captureLearning, findInitiative } from "@paceline/initiatives/server";

import { sampleChanges, SIMULATED_DAYS, STUDIES } from "../domain/index.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { must } from "./must.ts";
import { planTelemetry } from "./plan-telemetry.ts";
import { addPeople, preparePlace, proposeChange } from "./propose-sample.ts";
import type { Prepared } from "./propose-sample.ts";
import { rollOut } from "./roll-out.ts";
import { showFlags } from "./show-flags.ts";
import { playDays, probeTelemetry, SIMULATED_STEPS, startStudies } from "./simulate.ts";

const DAY_MS = 86_400_000;

/** Told after each step; throws to end the filling. */
export type OnProgress = (done: number, doing: string) => void;

const CHANGE_COUNT = sampleChanges(0).length;

/** Steps of a whole filling, for a progress bar. */
export const FILL_STEPS = 2 + CHANGE_COUNT + 1 + SIMULATED_STEPS + 1 + 1 + 1 + 1;

async function writeLearnings(
  ctx: CommandContext,
  prepared: readonly Prepared[],
  nowMs: number,
): Promise<void> {
  for (const { key, learning } of sampleChanges(nowMs)) {
    const done = prepared.find(({ study }) => study.initiative === key);
    if (learning === null || done === undefined) continue;
    const initiative = await findInitiative(ctx.db, ctx.workspaceId, done.initiativeId);
    // Only what has its verdict can be closed; another seed may leave a study running.
    if (initiative?.state !== "verdict") continue;
    const about = { id: done.initiativeId, expectedVersion: null, learning };
    must(`write down what ${key} taught`, await captureLearning(ctx, about));
  }
}

/**
 * Fills a workspace by the commands of the features. Everything that it makes can be told by the actor
 * `sample`, the environment `sample` or its flags' keys, so an interrupted filling can be removed whole.
 */
export async function fillSample(
  deps: SampleDependencies,
  workspaceId: string,
  seed: number,
  onProgress: OnProgress,
): Promise<void> {
  const nowMs = deps.clock.now().getTime();
  const startsAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS - SIMULATED_DAYS * DAY_MS;
  const context = (): CommandContext => deps.serviceContext(workspaceId);
  let done = 0;
  const step = (doing: string): void => onProgress(++done, doing);

  const people = await addPeople(context());
  step("People");
  await preparePlace(deps, context(), new Date(startsAtMs));
  await probeTelemetry(deps, context(), STUDIES, startsAtMs - DAY_MS);
  step("Environment and metrics");
  const prepared: Prepared[] = [];
  const initiatives = new Map<string, string>();
  for (const change of sampleChanges(nowMs)) {
    const { initiativeId, study } = await proposeChange(deps, context(), change, people);
    initiatives.set(change.key, initiativeId);
    if (study !== null) prepared.push(study);
    step(change.title);
  }
  await startStudies(deps, workspaceId, prepared, startsAtMs);
  step("Experiments started");
  await playDays(deps, workspaceId, prepared, seed, startsAtMs, (played) =>
    step(`Day ${Math.ceil(played / 2)} of ${SIMULATED_DAYS}`),
  );
  await planTelemetry(deps, context(), prepared, seed, startsAtMs + SIMULATED_DAYS * DAY_MS);
  step("Telemetry plans");
  await showFlags(deps, context, people);
  step("Flags, layers and holdouts");
  await rollOut(deps, context, { people, initiatives }, seed);
  step("Rollouts");
  await writeLearnings(context(), prepared, nowMs);
  step("Done");
}
