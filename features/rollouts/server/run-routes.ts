import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { RetrySchema, RolloutSchema, RunSchema } from "../plan-api.ts";
import type { RunDocument } from "../plan-api.ts";
import { retryRollout } from "./commands/retry-rollout.ts";
import type { PlanRouteDependencies } from "./plan-routes.ts";
import { documentOf } from "./plans/documents.ts";
import { rolloutProblem } from "./plans/errors.ts";
import { findRollout } from "./plans/repository.ts";

const ById = Type.Object({ id: Type.String({ format: "uuid" }) });
const BASE = "/api/v1/rollouts";

type Deps = Pick<PlanRouteDependencies, "runs" | "control">;

/** Registers what operators see and do of the durable run behind a rollout. */
export function registerRunRoutes(app: App, { runs, control }: Deps): void {
  app.get(
    `${BASE}/:id/run`,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "The durable run of a rollout: whether it moves, and what became of its steps",
        params: ById,
        response: { 200: RunSchema },
      },
    },
    async (request): Promise<RunDocument> => {
      const ctx = commandContext(request);
      const { id } = request.params;
      const rollout = await findRollout(ctx.db, ctx.workspaceId, id);
      const run = rollout === null ? null : await control.find(ctx, id);
      if (run === null) throw rolloutProblem({ kind: "rollout-not-found" });
      const effects = await control.effects(ctx, id);
      const steps = effects.map(({ input: _input, result: _result, ...step }) => step);
      const { status, reason, revision, wakeAt } = run;
      return { status, reason, revision, wakeAt: wakeAt?.toISOString() ?? null, steps };
    },
  );
  app.post(
    `${BASE}/:id/retry`,
    {
      config: { permission: "rollout.start" },
      schema: {
        summary:
          "Let a rollout go on that stands still: from a failed step, or from its quarantine",
        params: ById,
        body: RetrySchema,
        response: { 200: RolloutSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const done = await retryRollout(control, ctx, { ...request.params, ...request.body });
      if (!done.ok) throw rolloutProblem(done.error);
      return documentOf(runs, ctx, done.value);
    },
  );
}
