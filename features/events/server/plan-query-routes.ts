import { identityOf, problem } from "@paceline/http";
import type { App } from "@paceline/http";

import { EventPlan, EventPlanAnswer } from "../api.ts";
import type { EventRouteDeps } from "./dependencies.ts";
import { answerPlan } from "./plan-queries.ts";

/** `POST /api/v1/events/query`: reads only, so a repeated call needs no idempotency key. */
export function registerPlanQueryRoutes(app: App, deps: EventRouteDeps): void {
  app.post(
    "/api/v1/events/query",
    {
      config: { permission: "event.read", idempotent: false },
      schema: {
        tags: ["events"],
        summary: "Series, funnel, retention or top values, with the SQL that was run",
        body: EventPlan,
        response: { 200: EventPlanAnswer },
      },
    },
    async (request) => {
      const plan = request.body;
      const workspace = identityOf(request).workspaceId;
      const time = await deps.findEnvironmentTime(workspace, plan.environment);
      const answer = await answerPlan(
        { store: deps.store, workspace, now: time?.now ?? new Date(plan.to) },
        plan,
      );
      if (answer.ok) return answer.value;
      throw problem({
        name: "unanswerable-plan",
        title: "The plan cannot be answered",
        status: 422,
        detail: "Nothing was read. Change the plan as the error says.",
        errors: [answer.error],
      });
    },
  );
}
