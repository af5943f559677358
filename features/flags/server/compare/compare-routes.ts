import { commandContext, problem } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EnvironmentKey, FlagKey } from "../../api.ts";
import { CompareBody, ComparisonSchema } from "../../compare-api.ts";
import { completeConfiguration, configurationFaults } from "../../domain/index.ts";
import { MAX_SAMPLE } from "../contexts/recorded-contexts.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { previewContent } from "../preview.ts";
import { problemOf, unwrap } from "../problems.ts";
import { readDraft } from "../repository.ts";
import { mustHaveEnvironment, mustRead } from "../route-guards.ts";
import { readAssignmentsOf } from "../sticky/repository.ts";
import { compareDraft } from "./compare-draft.ts";

const DAY_MS = 86_400_000;
const USUAL_DAYS = 7;

function nothingToCompare(environment: string): Error {
  return problem({
    name: "nothing-to-compare",
    title: "There is nothing to compare",
    status: 409,
    detail: `The flag has no draft for ${environment}. Write one, or send a configuration.`,
  });
}

/** Registers the comparison of a draft with real contexts. */
export function registerCompareRoutes(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/environments/:environment/compare",
    {
      config: { permission: "flag.read", idempotent: false },
      schema: {
        summary: "How many real units would get another variant if this was published",
        params: Type.Object({ key: FlagKey, environment: EnvironmentKey }),
        body: Type.Optional(CompareBody),
        response: { 200: ComparisonSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { workspaceId } = ctx;
      const { key, environment } = request.params;
      const { configuration: sent, days = USUAL_DAYS } = request.body ?? {};
      await mustHaveEnvironment(deps, workspaceId, environment);
      const flag = await mustRead(deps, ctx, key);
      const set = deps.flagSets.get(workspaceId, environment);
      const draft = (await readDraft(deps.db, flag.id, environment))?.configuration ?? null;
      const earlier = draft ?? set.flags.get(key)?.content.configuration ?? null;
      const configuration =
        sent === undefined ? draft : completeConfiguration(sent, earlier, ctx.newId);
      if (configuration === null) throw nothingToCompare(environment);
      const faults = configurationFaults(flag.variants, configuration);
      if (faults.length > 0) {
        unwrap({ ok: false, error: { kind: "invalid-configuration", faults } });
      }
      // As publishing would resolve it: a weight that changes moves only the arms it touches, and
      // claims get the slots that they would get now.
      const inForce = set.flags.get(key)?.content ?? null;
      const resolved = await previewContent(
        deps.door,
        ctx,
        flag,
        environment,
        configuration,
        inForce,
      );
      const now = await deps.environmentNow(workspaceId, environment);
      const since = new Date(now.getTime() - days * DAY_MS);
      const range = { since, until: new Date(now.getTime() + 1), limit: MAX_SAMPLE };
      const sample = await deps.contexts.sample(workspaceId, environment, range);
      const { monotonicMs } = deps;
      const running = await deps.runningExperiments(workspaceId);
      return compareDraft({
        flag,
        environment,
        configuration: resolved.ok ? resolved.value.configuration : configuration,
        refusal: resolved.ok ? null : problemOf(resolved.error).message,
        assignedTo: (units) => readAssignmentsOf(deps.db, { workspaceId, environment }, units),
        set,
        sample,
        since,
        now,
        monotonicMs,
        running,
      });
    },
  );
}
