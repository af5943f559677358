import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { GuardSampleBody, GuardSampleSchema, GuardStateSchema } from "../../api.ts";
import { registerAlertRoutes } from "./alert-routes.ts";
import type { AlertRouteDependencies } from "./alert-routes.ts";
import type { GuardEventStore } from "./dependencies.ts";
import { adviseGuards } from "./guard-advice.ts";
import type { GuardWatch } from "./guard-watch.ts";
import { latestReadings, listReadings } from "./reading-repository.ts";

const SHOWN_READINGS = 200;

export interface GuardRouteDependencies extends AlertRouteDependencies {
  readonly events: GuardEventStore;
  readonly watch: Pick<GuardWatch, "stateOf">;
  readonly environmentNow: (workspaceId: string, environment: string) => Promise<Date>;
}

function registerReadings(app: App, deps: GuardRouteDependencies): void {
  app.get(
    "/api/v1/rollouts/:id/guard-readings",
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "What the guards of a rollout say and said, with the statement behind each",
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        response: { 200: GuardStateSchema },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const { id } = request.params;
      const kept = await listReadings(db, workspaceId, id, SHOWN_READINGS);
      // Readings in memory are of any workspace: only a run that this one has kept something of.
      const live = kept.length === 0 ? null : deps.watch.stateOf(id);
      const latest = live?.readings ?? [...(await latestReadings(db, workspaceId, id)).values()];
      return {
        readings: latest.map((reading) => ({ ...reading, numbers: { ...reading.numbers } })),
        exposedUnits: live?.exposedUnits ?? null,
        kept: kept.map((reading) => ({ ...reading, numbers: { ...reading.numbers } })),
        sql: live?.sql ?? {},
      };
    },
  );
}

function registerAdvice(app: App, deps: GuardRouteDependencies): void {
  app.post(
    "/api/v1/guards/sample-size",
    {
      config: { permission: "rollout.read", idempotent: false },
      schema: {
        summary: "Units and days until guards could see harm of their margin",
        body: GuardSampleBody,
        response: { 200: GuardSampleSchema },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const { body } = request;
      const now = await deps.environmentNow(workspaceId, body.environment);
      return adviseGuards({ db, events: deps.events, workspaceId, now, body });
    },
  );
}

/** Registers the routes of guards: their readings, what sample they need, and alerts. */
export function registerGuardRoutes(app: App, deps: GuardRouteDependencies): void {
  registerReadings(app, deps);
  registerAdvice(app, deps);
  registerAlertRoutes(app, deps);
}
