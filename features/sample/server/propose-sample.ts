import { addMember, createEnvironment } from "@paceline/access/server";
import type { CommandContext } from "@paceline/command";
import { createExperiment, defineMetric } from "@paceline/experiments/server";
import { createFlag, editConfiguration, publishFlag } from "@paceline/flags/server";
import type { ProposeInput } from "@paceline/initiatives/api";
import {
  cancelInitiative,
  decideInitiativeNow,
  markInitiativeReady,
  proposeInitiative,
  startNextIteration,
} from "@paceline/initiatives/server";
import { defineRollback } from "@paceline/rollouts/server";

import { PEOPLE, STUDIES } from "../domain/index.ts";
import type { SampleChange, Study } from "../domain/index.ts";
import { SAMPLE_ENVIRONMENT } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { must } from "./must.ts";

const DAY_MS = 86_400_000;
const environment = SAMPLE_ENVIRONMENT;

/** A study whose experiment exists. */
export interface Prepared {
  readonly study: Study;
  readonly experimentId: string;
  readonly initiativeId: string;
}

/** Adds the invented members. @returns their ids by key */
export async function addPeople(ctx: CommandContext): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { key, ...person } of PEOPLE) {
    const { userId } = must(`add ${person.name}`, await addMember(ctx, person));
    ids.set(key, userId);
  }
  return ids;
}

/** The replay in which everything happens, a day before the experiments start, and the metrics. */
export async function preparePlace(
  deps: SampleDependencies,
  ctx: CommandContext,
  startsAt: Date,
): Promise<void> {
  const before = new Date(startsAt.getTime() - DAY_MS);
  const place = { key: environment, name: "Sample (synthetic)", kind: "replay" } as const;
  must("create the environment", await createEnvironment(ctx, { ...place, startsAt: before }));
  await deps.clockMoved();
  for (const metric of STUDIES.flatMap(({ metrics }) => metrics)) {
    must(`define ${metric.key}`, await defineMetric(ctx, metric));
  }
}

async function makeFlag(
  deps: SampleDependencies,
  ctx: CommandContext,
  flag: {
    readonly key: string;
    readonly description: string;
    readonly initiativeId: string;
    readonly owner: string | null;
    readonly study: Study | null;
    readonly experimentId: string | null;
  },
): Promise<void> {
  const { key, description, initiativeId, owner, study, experimentId } = flag;
  const [control, treatment] = [study?.control ?? "off", study?.treatment ?? "on"];
  const made = await createFlag(ctx, {
    key,
    description,
    initiativeId,
    owner,
    type: "boolean",
    kind: study === null ? "release" : "experiment",
    variants: { [control]: false, [treatment]: true },
    expiresAt: null,
  });
  must(`create ${key}`, made);
  const rule = {
    id: "everybody",
    description: study === null ? "Nobody yet." : "Half of the customers each.",
    serve: {
      split: [
        { variant: control, share: 0.5 },
        { variant: treatment, share: 0.5 },
      ],
    },
    exposureShare: study === null ? 0 : 1,
    // Fixed, so that the same seed puts the same units into the same arms.
    salt: `sample/${key}`,
    experimentId,
  };
  const configuration = {
    enabled: true,
    offVariant: control,
    defaultVariant: control,
    rules: [rule],
  };
  const draft = { key, environment, configuration, version: null };
  must(`configure ${key}`, await editConfiguration(ctx, draft));
  const publication = { key, environment, digest: null, acceptRebucketing: false };
  must(`publish ${key}`, await publishFlag(deps.door, ctx, publication));
}

async function makeWayBack(
  deps: SampleDependencies,
  ctx: CommandContext,
  way: {
    readonly flagKey: string;
    readonly initiativeId: string;
    readonly experimentId: string | null;
    readonly ownerId: string;
  },
): Promise<void> {
  const { flagKey, ...about } = way;
  const defined = await defineRollback(
    deps.flags,
    ctx,
    { environment, flagKey },
    {
      ...about,
      target: { kind: "off" },
      triggers: ["guardrail-breach", "primary-harm", "sample-ratio-mismatch", "cross-exposure"],
      mode: "automatic",
      verification: "Nobody sees the change any more.",
    },
  );
  must(`define the way back of ${flagKey}`, defined);
}

/** Walks one initiative as far as the sample has it; a study's is carried on by its experiment. */
export async function proposeChange(
  deps: SampleDependencies,
  ctx: CommandContext,
  change: SampleChange,
  people: ReadonlyMap<string, string>,
): Promise<{ readonly initiativeId: string; readonly study: Prepared | null }> {
  const { key, title, summary, proposal, artifacts, walk, flag } = change;
  const ownerId = change.owner === null ? null : (people.get(change.owner) ?? null);
  const staffing =
    artifacts.roadmap === undefined ? {} : { staffing: { people: [...people.values()] } };
  const said = { title, summary, ownerId, proposal, draft: walk === "draft" };
  // A copy as it travels over HTTP: the rules of the domain are frozen, what travels is not.
  const input: ProposeInput = JSON.parse(
    JSON.stringify({ ...said, artifacts: { ...artifacts, ...staffing } }),
  );
  const initiativeId = must(`propose ${key}`, await proposeInitiative(ctx, input)).id;
  const study = STUDIES.find(({ initiative }) => initiative === key) ?? null;
  const experimentId = study === null ? null : await draftExperiment(ctx, study, initiativeId);
  const flagKey = study?.flagKey ?? flag;
  if (flagKey !== null && ownerId !== null) {
    const about = { key: flagKey, description: summary, owner: ownerId };
    await makeFlag(deps, ctx, { ...about, initiativeId, study, experimentId });
    await makeWayBack(deps, ctx, { flagKey, initiativeId, experimentId, ownerId });
  }
  await walkOn(deps, ctx, change, initiativeId);
  const hasRun = study !== null && experimentId !== null;
  return { initiativeId, study: hasRun ? { study, experimentId, initiativeId } : null };
}

async function draftExperiment(
  ctx: CommandContext,
  study: Study,
  initiativeId: string,
): Promise<string> {
  const { name, flagKey, criterion } = study;
  const drafted = await createExperiment(ctx, {
    name,
    flagKey,
    environment,
    initiativeId,
    criterion,
  });
  return must(`draft ${name}`, drafted).id;
}

async function walkOn(
  deps: SampleDependencies,
  ctx: CommandContext,
  { key, walk, decides }: SampleChange,
  id: string,
): Promise<void> {
  const at = { id, expectedVersion: null };
  if (walk === "cancelled") {
    const reason = "The gift card team does it this year.";
    must(`cancel ${key}`, await cancelInitiative(ctx, { ...at, reason }));
  }
  if (decides === null) return;
  const { decision } = must(`decide ${key}`, await decideInitiativeNow(deps.initiatives, ctx, at));
  if (decision.outcome !== decides) {
    throw new Error(
      `the sample expects ${decides} for ${key}, the policy says ${decision.outcome}`,
    );
  }
  if (walk === "decided") return;
  must(`make ${key} ready`, await markInitiativeReady(deps.initiatives, ctx, at));
  if (walk === "in-flight") {
    must(`start ${key}`, await startNextIteration(deps.initiatives, ctx, { ...at, weeks: 4 }));
  }
}
