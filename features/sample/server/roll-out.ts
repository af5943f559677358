import { createEnvironment } from "@paceline/access/server";
import type { CommandContext } from "@paceline/command";
import { createFlag, editConfiguration, publishFlag } from "@paceline/flags/server";
import {
  armRollout,
  createRollout,
  defineRollback,
  rehearseRollback,
  startRollout,
} from "@paceline/rollouts/server";

import { SAMPLE_ROLLOUTS } from "../domain/index.ts";
import type { SampleRollout } from "../domain/index.ts";
import { SAMPLE_LIVE_ENVIRONMENT } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { comeBy } from "./live-crowd.ts";
import { must } from "./must.ts";

const environment = SAMPLE_LIVE_ENVIRONMENT;

/** What a rollout is made for. */
interface Surroundings {
  readonly people: ReadonlyMap<string, string>;
  /** Ids of the sample's initiatives by key. */
  readonly initiatives: ReadonlyMap<string, string>;
}

async function putInForce(
  deps: SampleDependencies,
  ctx: CommandContext,
  { flagKey: key, description, tags, initiative }: SampleRollout,
  owner: string | null,
): Promise<void> {
  // That of an initiative has been made with it.
  if (initiative === null) {
    const made = await createFlag(ctx, {
      key,
      description,
      owner,
      tags,
      type: "boolean",
      kind: "release",
      variants: { off: false, on: true },
      initiativeId: null,
      expiresAt: null,
    });
    must(`create ${key}`, made);
  }
  const rule = {
    id: "everybody",
    description: "Everybody, as far as the rollout has come.",
    serve: { variant: "on" },
    exposureShare: 0,
    recordExposure: true,
    salt: `sample/live/${key}`,
  };
  const configuration = {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [rule],
  };
  const draft = { key, environment, configuration, version: null };
  must(`configure ${key}`, await editConfiguration(ctx, draft));
  const publication = { key, environment, digest: null, acceptRebucketing: false };
  must(`publish ${key}`, await publishFlag(deps.door, ctx, publication));
}

/** The way back, and the plan; started where customers are to come. */
async function planOne(
  deps: SampleDependencies,
  context: () => CommandContext,
  sample: SampleRollout,
  { people, initiatives }: Surroundings,
): Promise<void> {
  const { name, flagKey, guards, verification } = sample;
  const owner = people.get(sample.owner) ?? null;
  await putInForce(deps, context(), sample, owner);
  const place = { flagKey, environment };
  const initiativeId =
    sample.initiative === null ? null : (initiatives.get(sample.initiative) ?? null);
  const way = await defineRollback(deps.flags, context(), place, {
    initiativeId,
    experimentId: null,
    ownerId: owner ?? "",
    target: { kind: "off" },
    triggers: ["guardrail-breach"],
    mode: "automatic",
    verification,
  });
  must(`define the way back of ${flagKey}`, way);
  if (sample.isRehearsed) {
    must(`rehearse ${flagKey}`, await rehearseRollback(deps.rollouts, context(), place));
  }
  const written = await createRollout(deps.plans, context(), {
    name,
    ...place,
    ruleId: "everybody",
    stages: [...sample.stages],
    guards: [...guards],
    windows: [...sample.windows],
    initiativeId,
  });
  const { id } = must(`plan ${name}`, written);
  if (sample.crowd === null) return;
  must(`arm ${name}`, await armRollout(deps.plans, context(), id));
  must(`start ${name}`, await startRollout(deps.runs, context(), id));
}

/**
 * Rollouts in a live environment of the sample, on the clock of this machine: one that goes through, one
 * that its guard takes back, one that somebody finds running, and a draft. What guards and stages say of
 * them is read from events of simulated customers by the product itself.
 */
export async function rollOut(
  deps: SampleDependencies,
  context: () => CommandContext,
  surroundings: Surroundings,
  seed: number,
): Promise<void> {
  const { workspaceId } = context();
  const place = { key: environment, name: "Sample, live (synthetic)", kind: "live" } as const;
  must("create the environment", await createEnvironment(context(), { ...place, startsAt: null }));
  for (const sample of SAMPLE_ROLLOUTS) await planOne(deps, context, sample, surroundings);
  await deps.refreshFlags(workspaceId, environment);
  for (const { crowd, flagKey } of SAMPLE_ROLLOUTS) {
    if (crowd === null) continue;
    const nowMs = deps.clock.now().getTime();
    const coming = { seed, together: "first", nowMs, visits: crowd.atFirst };
    const { recorded, deeds } = comeBy(deps, workspaceId, { crowd, flagKey }, coming);
    must("record exposures", await deps.recordExposures(recorded));
    // They came within the last moments: what they do has happened, too.
    const happened = deeds.map((deed) => ({ ...deed, at: nowMs + 1, timestamp: nowMs + 1 }));
    must("store events", await deps.events.append(happened));
  }
  await deps.events.flush();
  await deps.flushSeen();
}
