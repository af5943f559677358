import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { RehearsalSchema } from "../../api.ts";
import type { RehearsalDocument } from "../../api.ts";
import type { RolloutDependencies } from "../dependencies.ts";
import { rollbackProblem } from "../errors.ts";
import { rehearseRollback } from "./rehearse-rollback.ts";
import { listRehearsals } from "./repository.ts";
import type { Rehearsal } from "./repository.ts";

const SHOWN = 20;
const ByFlag = Type.Object({ environment: Type.String(), flagKey: Type.String() });
const BASE = "/api/v1/environments/:environment/flags/:flagKey/rollback/rehearsals";

function document(rehearsal: Rehearsal): RehearsalDocument {
  const { workspaceId: _, ...shown } = rehearsal;
  return { ...shown, startedAt: rehearsal.startedAt.toISOString() };
}

/** Registers the routes of rehearsals. */
export function registerRehearsals(app: App, deps: RolloutDependencies): void {
  app.get(
    BASE,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "Rehearsals of a flag's way back, the latest first",
        params: ByFlag,
        response: { 200: Type.Object({ items: Type.Array(RehearsalSchema) }) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const items = await listRehearsals(db, workspaceId, request.params, SHOWN);
      return { items: items.map(document) };
    },
  );
  app.post(
    BASE,
    {
      config: { permission: "rollout.edit" },
      schema: {
        summary: "Rehearse the way back on a shadow flag, and measure it",
        params: ByFlag,
        response: { 201: RehearsalSchema },
      },
    },
    async (request, reply) => {
      const result = await rehearseRollback(deps, commandContext(request), request.params);
      if (!result.ok) throw rollbackProblem(result.error);
      void reply.code(201);
      return document(result.value);
    },
  );
}
