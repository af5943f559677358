import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { FlagKey } from "../../api.ts";
import { CleanUpBody, CleanUpSchema, PromoteBody, PromotionSchema } from "../../clean-up-api.ts";
import type { PromotionView } from "../../clean-up-api.ts";
import { cleanUpFlags } from "../commands/clean-up-flags.ts";
import { promoteFlag } from "../commands/promote-flag.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { unwrap } from "../problems.ts";
import { mustHaveEnvironment } from "../route-guards.ts";
import { readStale } from "./read-stale.ts";
import { USUAL_STALE_DAYS } from "./stale-routes.ts";

function addCleanUp(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/stale-flags/clean-up",
    {
      config: { permission: "flag.publish" },
      schema: {
        summary: "Archive stale flags, and say which must stay and why",
        body: CleanUpBody,
        response: { 200: CleanUpSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { workspaceId } = ctx;
      const { days = USUAL_STALE_DAYS, rule, dryRun = false } = request.body;
      const stale = (await readStale(deps, workspaceId, ctx.now, days)).filter(
        ({ reasons }) => rule === undefined || reasons.some((one) => one.rule === rule),
      );
      const running = await deps.runningExperiments(workspaceId);
      const done = unwrap(await cleanUpFlags(deps.door, ctx, { ...request.body, stale, running }));
      if (done.archived.length > 0 && !dryRun) await deps.flagSets.refreshAll().catch(deps.onError);
      return { dryRun, ...done };
    },
  );
}

function addPromote(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/promote",
    {
      config: { permission: "flag.publish" },
      schema: {
        summary: "Publish in one environment what is in force in another",
        params: Type.Object({ key: FlagKey }),
        body: PromoteBody,
        response: { 200: PromotionSchema },
      },
    },
    async (request): Promise<PromotionView> => {
      const ctx = commandContext(request);
      const { key } = request.params;
      const { from, to, dryRun = false, ...rest } = request.body;
      for (const environment of [from, to]) {
        await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      }
      const asked = { newSalts: false, keepExposure: false, overwriteDraft: false, ...rest };
      const done = await promoteFlag(deps.door, ctx, { key, from, to, dryRun, ...asked });
      const promotion =
        !done.ok && done.error.kind === "promotion-dry-run" ? done.error.promotion : unwrap(done);
      if (!dryRun) await deps.flagSets.refresh(ctx.workspaceId, to).catch(deps.onError);
      return {
        key,
        from: { environment: from, revision: promotion.fromRevision },
        to: { environment: to, before: promotion.before, revision: promotion.revision },
        dryRun,
        differences: [...promotion.differences],
        warnings: [...promotion.warnings],
      };
    },
  );
}

/** Registers what ends flags and what takes them to the next environment. */
export function registerCleanUpRoutes(app: App, deps: FlagRouteDependencies): void {
  addCleanUp(app, deps);
  addPromote(app, deps);
}
