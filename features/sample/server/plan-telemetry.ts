import type { CommandContext } from "@paceline/command";
import { createPlan, publishPlan, writePlanDraft } from "@paceline/events/server";

import { kioskDeliveries, SAMPLE_PLANS } from "../domain/index.ts";
import type { SamplePlan } from "../domain/index.ts";
import { SAMPLE_ENVIRONMENT } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { must } from "./must.ts";
import type { Prepared } from "./propose-sample.ts";

const FRESHNESS_DAYS = 7;

async function makePlan(
  ctx: CommandContext,
  plan: SamplePlan,
  initiativeId: string | null,
): Promise<void> {
  const { name, event, description, schema } = plan;
  const about = { name, eventType: "track", event, description, initiativeId } as const;
  const made = must(`create the plan ${name}`, await createPlan(ctx, about));
  const content = {
    schema,
    mode: "enforce",
    environments: [SAMPLE_ENVIRONMENT],
    sources: null,
    freshnessDays: FRESHNESS_DAYS,
  } as const;
  const draft = { name, rowVersion: made.rowVersion, content, version: null };
  must(`draft the plan ${name}`, await writePlanDraft(ctx, draft));
  if (!plan.publish) return;
  const publication = { name, rowVersion: made.rowVersion + 1 };
  must(`publish the plan ${name}`, await publishPlan(ctx, publication));
}

/** Plans what orders say, and lets a few come in by the intake, of which some break the plan. */
export async function planTelemetry(
  deps: SampleDependencies,
  ctx: CommandContext,
  prepared: readonly Prepared[],
  seed: number,
  endsAtMs: number,
): Promise<void> {
  for (const plan of SAMPLE_PLANS) {
    const owner = prepared.find(({ study }) => study.initiative === plan.initiative);
    await makePlan(ctx, plan, owner?.initiativeId ?? null);
  }
  await deps.refreshPlans(ctx.workspaceId);
  for (const delivery of kioskDeliveries(seed, ctx.newId(), endsAtMs)) {
    must("take orders", await deps.take(ctx.workspaceId, SAMPLE_ENVIRONMENT, delivery));
  }
  await deps.flushPlans();
  await deps.events.flush();
}
