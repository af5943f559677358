import type { CommandContext } from "@paceline/command";
import {
  archiveFlag,
  createFlag,
  createHoldout,
  createLayer,
  editConfiguration,
  editTests,
  publishFlag,
} from "@paceline/flags/server";

import { SAMPLE_HOLDOUT, SAMPLE_LAYER, SHOWN_FLAGS } from "../domain/index.ts";
import type { SampleFlag } from "../domain/index.ts";
import { SAMPLE_ENVIRONMENT } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { must } from "./must.ts";

const DAY_MS = 86_400_000;
const MEASURES_AFTER_DAYS = 60;
const CLOSES_AFTER_DAYS = 120;
const environment = SAMPLE_ENVIRONMENT;

/** The layer stays when a sample is removed, because its ledger of slots is only added to. */
async function makeLayer(ctx: CommandContext): Promise<void> {
  const made = await createLayer(ctx, SAMPLE_LAYER);
  if (!made.ok && made.error.kind !== "layer-key-taken") must("make a layer", made);
}

async function makeHoldout(deps: SampleDependencies, ctx: CommandContext): Promise<void> {
  const { tag, ...holdout } = SAMPLE_HOLDOUT;
  const after = (days: number): string => new Date(ctx.now.getTime() + days * DAY_MS).toISOString();
  const made = await createHoldout(deps.door, ctx, {
    ...holdout,
    environment,
    scope: { kind: "tag", tag },
    measuringFrom: after(MEASURES_AFTER_DAYS),
    closesAt: after(CLOSES_AFTER_DAYS),
  });
  must("make a holdout", made);
}

async function makeFlag(
  deps: SampleDependencies,
  ctx: CommandContext,
  flag: SampleFlag,
  owner: string | null,
): Promise<void> {
  const { key, description, kind, tags, variants, expiresInDays } = flag;
  const expiresAt =
    expiresInDays === null
      ? null
      : new Date(ctx.now.getTime() + expiresInDays * DAY_MS).toISOString();
  const type = typeof Object.values(variants)[0] === "string" ? "string" : "boolean";
  const about = { key, description, kind, tags, variants, type, expiresAt } as const;
  must(`create ${key}`, await createFlag(ctx, { ...about, owner, initiativeId: null }));
  const write = async (configuration: SampleFlag["published"][number]): Promise<void> => {
    const draft = { key, environment, configuration, version: null };
    must(`configure ${key}`, await editConfiguration(ctx, draft));
  };
  for (const configuration of flag.published) {
    await write(configuration);
    const publication = { key, environment, digest: null, acceptRebucketing: false };
    must(`publish ${key}`, await publishFlag(deps.door, ctx, publication));
  }
  if (flag.tests.length > 0) {
    const tests = flag.tests.map(({ name, context, expect }) => ({
      name,
      context: { ...context },
      expect,
    }));
    must(`test ${key}`, await editTests(ctx, { key, environment, tests, version: null }));
  }
  if (flag.draft !== null) await write(flag.draft);
  if (flag.archived) must(`archive ${key}`, await archiveFlag(deps.door, ctx, key));
}

/**
 * Flags that show what rules can say: a layer with held, resting and free slots, a holdout, nested
 * conditions, a prerequisite, a canary, tests, a draft that differs, one that is stale.
 */
export async function showFlags(
  deps: SampleDependencies,
  context: () => CommandContext,
  people: ReadonlyMap<string, string>,
): Promise<void> {
  await makeLayer(context());
  await makeHoldout(deps, context());
  // Those that are needed come first here, and last when they are taken away.
  for (const flag of SHOWN_FLAGS.toReversed())
    await makeFlag(deps, context(), flag, people.get(flag.owner) ?? null);
  await deps.refreshFlags(context().workspaceId, environment);
}
