import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EnvironmentKey } from "../../api.ts";
import {
  ContextSettingsBody,
  ContextSettingsSchema,
  RecordedContextsSchema,
} from "../../contexts-api.ts";
import type { ContextSettingsView } from "../../contexts-api.ts";
import { summarizeAttributes } from "../../domain/index.ts";
import { setContextRecording } from "../commands/set-context-recording.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { mustHaveEnvironment } from "../route-guards.ts";
import { MAX_SAMPLE } from "./recorded-contexts.ts";
import type { ContextRules } from "./settings.ts";

const DAY_MS = 86_400_000;
const Params = Type.Object({ environment: EnvironmentKey });

function settingsView({ enabled, neverRecorded }: ContextRules): ContextSettingsView {
  return { enabled, neverRecorded: [...neverRecorded].toSorted() };
}

/** Registers what people see of the recorded contexts, and what they may say about them. */
export function registerContextRoutes(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/recorded-contexts/:environment",
    {
      config: { permission: "event.read" },
      schema: {
        summary: "What the sample of real evaluation contexts holds, and what is recorded",
        params: Params,
        querystring: Type.Object({
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90, default: 7 })),
        }),
        response: { 200: RecordedContextsSchema },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { environment } = request.params;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const until = await deps.environmentNow(workspaceId, environment);
      const since = new Date(until.getTime() - (request.query.days ?? 7) * DAY_MS);
      const range = { since, until: new Date(until.getTime() + 1), limit: MAX_SAMPLE };
      const { contexts, share } = await deps.contexts.sample(workspaceId, environment, range);
      const newest = contexts.reduce((latest, { at }) => Math.max(latest, at), 0);
      return {
        environment,
        since: since.toISOString(),
        units: contexts.length,
        share,
        estimatedUnits: contexts.length === 0 ? 0 : Math.round(contexts.length / share),
        newestAt: contexts.length === 0 ? null : new Date(newest).toISOString(),
        settings: settingsView(deps.contexts.rules(workspaceId, environment)),
        attributes: summarizeAttributes(contexts).map((one) => ({
          ...one,
          types: [...one.types],
          values: [...one.values],
        })),
      };
    },
  );
  app.put(
    "/api/v1/recorded-contexts/:environment/settings",
    {
      config: { permission: "event.retain" },
      schema: {
        summary: "Say whether contexts are sampled, and which attributes never are",
        params: Params,
        body: ContextSettingsBody,
        response: { 200: ContextSettingsSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { environment } = request.params;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      await setContextRecording(ctx, { environment, ...request.body });
      await deps.contexts.refreshSettings();
      return settingsView(deps.contexts.rules(ctx.workspaceId, environment));
    },
  );
}
