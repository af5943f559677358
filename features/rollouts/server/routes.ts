import { MonitorStateSchema } from "@paceline/experiments/api";
import { commandContext, etag, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import type { Result } from "@paceline/result";
import { Type } from "typebox";

import {
  DefineRollbackSchema,
  DescentBegunSchema,
  ExecuteRollbackSchema,
  ExecutionSchema,
  RollbackDefinitionSchema,
  RollbackStateSchema,
} from "../api.ts";
import type { RollbackDefinitionDocument, RollbackExecutionDocument } from "../api.ts";
import type { RollbackDefinition } from "../domain/index.ts";
import { defineRollback } from "./commands/define-rollback.ts";
import { rollBack } from "./commands/execute-rollback.ts";
import type { RolloutDependencies } from "./dependencies.ts";
import { rollbackProblem } from "./errors.ts";
import type { RollbackError } from "./errors.ts";
import type { Monitor } from "./monitor.ts";
import { registerRehearsals } from "./rehearsal/routes.ts";
import { findDefinition, listExecutions } from "./repository.ts";
import type { RollbackExecution } from "./repository.ts";

const SHOWN_EXECUTIONS = 20;
const ByFlag = Type.Object({ environment: Type.String(), flagKey: Type.String() });
const BASE = "/api/v1/environments/:environment/flags/:flagKey/rollback";

function unwrap<T>(result: Result<T, RollbackError>): T {
  if (result.ok) return result.value;
  throw rollbackProblem(result.error);
}

function definitionDocument(definition: RollbackDefinition): RollbackDefinitionDocument {
  const { workspaceId: _, ...shown } = definition;
  return {
    ...shown,
    triggers: [...definition.triggers],
    updatedAt: definition.updatedAt.toISOString(),
  };
}

async function executionDocument(
  { receipts }: RolloutDependencies,
  execution: RollbackExecution,
): Promise<RollbackExecutionDocument> {
  const { workspaceId, ...shown } = execution;
  const { environment, toRevision, startedAt } = execution;
  const seen = receipts === undefined ? null : await receipts(workspaceId, environment, toRevision);
  return {
    ...shown,
    failingTests: [...execution.failingTests],
    startedAt: startedAt.toISOString(),
    receipts: seen === null ? null : { ...seen },
  };
}

function registerDefinitions(app: App, deps: RolloutDependencies): void {
  app.get(
    BASE,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "A flag's way back, and the rollbacks so far",
        params: ByFlag,
        response: { 200: RollbackStateSchema },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const { environment, flagKey } = request.params;
      const definition = await findDefinition(db, workspaceId, environment, flagKey);
      const executions = await listExecutions(
        db,
        workspaceId,
        environment,
        flagKey,
        SHOWN_EXECUTIONS,
      );
      return {
        definition: definition === null ? null : definitionDocument(definition),
        executions: await Promise.all(executions.map((one) => executionDocument(deps, one))),
      };
    },
  );
  app.put(
    BASE,
    {
      config: { permission: "rollout.edit" },
      schema: {
        summary: "Define the way back",
        params: ByFlag,
        body: DefineRollbackSchema,
        response: { 200: RollbackDefinitionSchema },
      },
    },
    async (request, reply) => {
      const definition = unwrap(
        await defineRollback(deps.flags, commandContext(request), request.params, request.body),
      );
      etag(reply, definition.version);
      return definitionDocument(definition);
    },
  );
}

function registerActs(app: App, deps: RolloutDependencies, monitor: Monitor): void {
  app.post(
    BASE,
    {
      config: { permission: "rollback.execute" },
      schema: {
        summary:
          "Roll back; needs no approval. Step by step (202) where the pace says so and smaller shares lie before the target",
        params: ByFlag,
        body: ExecuteRollbackSchema,
        response: { 200: ExecutionSchema, 202: DescentBegunSchema },
      },
    },
    async (request, reply) => {
      const input = {
        ...request.params,
        ...request.body,
        trigger: "manual",
        experimentId: null,
        numbers: {},
        verdict: "rollback",
      } as const;
      const done = unwrap(await rollBack(deps, commandContext(request), input));
      if ("rolloutId" in done) return reply.code(202).send(done);
      return executionDocument(deps, done);
    },
  );
  app.get(
    "/api/v1/experiments/:id/monitor",
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "The monitor's latest reading",
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        response: { 200: MonitorStateSchema },
      },
    },
    async (request) => {
      const state = monitor.stateOf(request.params.id);
      if (state === null) throw notFound("reading of this experiment yet");
      return state;
    },
  );
}

/** Registers the routes of rollbacks and of the monitor's readings. */
export function registerRoutes(app: App, deps: RolloutDependencies, monitor: Monitor): void {
  registerDefinitions(app, deps);
  registerActs(app, deps, monitor);
  registerRehearsals(app, deps);
}
