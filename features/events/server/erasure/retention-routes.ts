import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";

import { RetentionQuery, RetentionRule, RetentionView } from "../../erasure-api.ts";
import { setRetention } from "../commands/set-retention.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import type { RetainedMonth } from "../engine/answers.ts";
import { readRetention } from "./retention-repository.ts";
import { dueRemovals } from "./retention.ts";

/** How long events are kept, and what goes next. */
export function registerRetentionRoutes(app: App, deps: EventRouteDeps): void {
  app.get(
    "/api/v1/events/retention",
    {
      config: { permission: "event.read" },
      schema: {
        tags: ["events"],
        summary: "How long events are kept, and what the rules (or `before`) would remove now",
        querystring: RetentionQuery,
        response: { 200: RetentionView },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const rules = await readRetention(db, workspaceId);
      const { environment, before } = request.query;
      const due =
        before === undefined
          ? await dueByRules(deps, workspaceId, rules)
          : await deps.store.retain({
              workspace: workspaceId,
              environment: environment ?? null,
              before,
              dryRun: true,
            });
      return {
        rules: rules.map((rule) => ({ environment: rule.environment, months: rule.months })),
        due: due.map((month) => ({ ...month })),
      };
    },
  );
  app.put(
    "/api/v1/events/retention",
    {
      config: { permission: "event.retain" },
      schema: {
        tags: ["events"],
        summary: "Sets how long events are kept",
        body: RetentionRule,
        response: { 200: RetentionRule },
      },
    },
    async (request) => {
      const { environment, months } = request.body;
      await setRetention(commandContext(request), { environment, months });
      return { environment, months };
    },
  );
}

async function dueByRules(
  deps: EventRouteDeps,
  workspaceId: string,
  rules: Awaited<ReturnType<typeof readRetention>>,
): Promise<readonly RetainedMonth[]> {
  const { scopes } = await deps.store.stats();
  const environments = scopes
    .filter(({ workspace }) => workspace === workspaceId)
    .map(({ environment }) => environment);
  const times = await Promise.all(
    environments.map((environment) => deps.findEnvironmentTime(workspaceId, environment)),
  );
  const known = environments.filter((_, place) => times[place] !== null);
  const nowOf = (environment: string): Date =>
    times[environments.indexOf(environment)]?.now ?? new Date(0);
  const due: RetainedMonth[] = [];
  for (const removal of dueRemovals(rules, known, nowOf)) {
    due.push(...(await deps.store.retain({ workspace: workspaceId, ...removal, dryRun: true })));
  }
  return due;
}
