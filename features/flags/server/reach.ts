import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EnvironmentKey, FlagKey } from "../api.ts";
import {
  comparisonCautions,
  completeConfiguration,
  reachOf,
  revisionContent,
  withKnownGates,
} from "../domain/index.ts";
import type { Configuration, ConfigurationInput, ContextSample, Reach } from "../domain/index.ts";
import { ReachBody, ReachSchema } from "../reach-api.ts";
import type { ReachView } from "../reach-api.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { readDraft, readLatest } from "./repository.ts";
import { mustHaveEnvironment, mustRead } from "./route-guards.ts";

const DAY_MS = 86_400_000;
const DAYS = 7;
/** Within one in a hundred at worst, and few enough to be answered while somebody types. */
const CONTEXTS = 4_000;
/** Somebody who types asks again and again; the sample of a week does not change in that time. */
const KEPT_MS = 30_000;

interface Kept {
  readonly sample: ContextSample;
  readonly since: Date;
  readonly readAtMs: number;
}

/** The last week's sample of each environment, read at most every half minute. */
function createSamples(deps: FlagRouteDependencies) {
  const kept = new Map<string, Kept>();
  return async (workspaceId: string, environment: string): Promise<Kept> => {
    const key = `${workspaceId}/${environment}`;
    const now = deps.monotonicMs();
    const known = kept.get(key);
    if (known !== undefined && now - known.readAtMs < KEPT_MS) return known;
    const until = await deps.environmentNow(workspaceId, environment);
    const since = new Date(until.getTime() - DAYS * DAY_MS);
    const range = { since, until: new Date(until.getTime() + 1), limit: CONTEXTS };
    const sample = await deps.contexts.sample(workspaceId, environment, range);
    const read = { sample, since, readAtMs: now };
    kept.set(key, read);
    return read;
  };
}

function reachView(
  { contexts, rules, otherwise, variants }: Reach,
  { sample, since }: Kept,
  configuration: Configuration,
): ReachView {
  return {
    contexts,
    since: since.toISOString(),
    estimatedUnits: contexts === 0 ? 0 : Math.round(contexts / sample.share),
    rules: rules.map((rule) => ({ ...rule, variants: [...rule.variants] })),
    otherwise,
    variants: [...variants],
    cautions: [...comparisonCautions(null, configuration, sample.neverRecorded)],
  };
}

const NOTHING: Configuration = {
  enabled: true,
  offVariant: null,
  defaultVariant: null,
  rules: [],
};

/** A rule without a salt gets one that is always the same here, so that the estimate holds still. */
function completed(input: ConfigurationInput, earlier: Configuration | null): Configuration {
  let made = 0;
  return completeConfiguration(input, earlier, () => `not given yet ${(made += 1)}`);
}

/** Registers the estimate of whom a configuration reaches, from the recorded contexts. */
export function registerReach(app: App, deps: FlagRouteDependencies): void {
  const sampleOf = createSamples(deps);
  app.post(
    "/api/v1/flags/:key/environments/:environment/reach",
    {
      config: { permission: "flag.read", idempotent: false },
      schema: {
        summary: "How many recorded contexts of the last week each rule and variant would reach",
        params: Type.Object({ key: FlagKey, environment: EnvironmentKey }),
        body: ReachBody,
        response: { 200: ReachSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { key, environment } = request.params;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const flag = await mustRead(deps, ctx, key);
      const latest = await readLatest(deps.db, flag.id, environment);
      const draft = await readDraft(deps.db, flag.id, environment);
      const inForce = latest?.content ?? null;
      const asked = request.body.configuration;
      const earlier = draft?.configuration ?? inForce?.configuration ?? null;
      const content =
        asked === undefined
          ? (inForce ?? revisionContent(flag, environment, NOTHING))
          : revisionContent(
              flag,
              environment,
              withKnownGates(completed(asked, earlier), inForce?.configuration ?? null),
            );
      const kept = await sampleOf(ctx.workspaceId, environment);
      const contexts = kept.sample.contexts.map(({ context }) => context);
      const set = deps.flagSets.get(ctx.workspaceId, environment);
      const at = await deps.environmentNow(ctx.workspaceId, environment);
      const reach = reachOf(set, content, contexts, at.getTime());
      return reachView(reach, kept, content.configuration);
    },
  );
}
