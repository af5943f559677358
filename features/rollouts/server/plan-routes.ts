import {
  commandContext,
  cursorPage,
  etag,
  ifMatch,
  PageOf,
  pageLimit,
  PageQuery,
  readCursor,
} from "@paceline/http";
import type { App } from "@paceline/http";
import type { Result } from "@paceline/result";
import type { RunControl } from "@paceline/workflow";
import { Type } from "typebox";

import { BUILT_IN_TEMPLATES } from "../domain/index.ts";
import {
  ApproveSchema,
  ForesightSchema,
  PlanStateSchema,
  ReasonSchema,
  RollBackSchema,
  RolloutEventSchema,
  RolloutSchema,
  RolloutSummarySchema,
  TemplateSchema,
  WritePlanSchema,
  WriteTemplateSchema,
} from "../plan-api.ts";
import type { RolloutDocument } from "../plan-api.ts";
import { armRollout, startRollout } from "./commands/start-rollout.ts";
import {
  abortRollout,
  advanceRollout,
  approveStage,
  pauseRollout,
  resumeRollout,
  rollBackRollout,
} from "./commands/tell-rollout.ts";
import { createRollout, editRollout } from "./commands/write-rollout.ts";
import { removeTemplate, saveTemplate } from "./commands/write-template.ts";
import type { PlanDependencies } from "./plans/dependencies.ts";
import { documentOf, foresightOf, summaryOf } from "./plans/documents.ts";
import { rolloutProblem } from "./plans/errors.ts";
import type { RolloutError } from "./plans/errors.ts";
import { findRollout, listRollouts, listTemplates } from "./plans/repository.ts";
import type { Rollout } from "./plans/repository.ts";
import type { PlanRuns } from "./plans/running-plans.ts";

const BASE = "/api/v1/rollouts";
const ById = Type.Object({ id: Type.String({ format: "uuid" }) });
const HISTORY_LIMIT = 500;

/** What the routes of rollouts need. */
export interface PlanRouteDependencies extends PlanDependencies {
  readonly runs: PlanRuns;
  readonly control: RunControl;
}

type Request = Parameters<typeof commandContext>[0];

function unwrap<T>(result: Result<T, RolloutError>): T {
  if (result.ok) return result.value;
  throw rolloutProblem(result.error);
}

async function found(request: Request, id: string): Promise<Rollout> {
  const { db, workspaceId } = commandContext(request);
  const rollout = await findRollout(db, workspaceId, id);
  if (rollout === null) throw rolloutProblem({ kind: "rollout-not-found" });
  return rollout;
}

function registerReading(app: App, { runs }: PlanRouteDependencies): void {
  app.get(
    BASE,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "Rollouts, newest first",
        querystring: Type.Object({
          ...PageQuery.properties,
          state: Type.Optional(PlanStateSchema),
          flagKey: Type.Optional(Type.String({ maxLength: 100 })),
          environment: Type.Optional(Type.String({ maxLength: 100 })),
          initiativeId: Type.Optional(Type.String({ format: "uuid" })),
        }),
        response: { 200: PageOf(RolloutSummarySchema) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const { limit: asked, cursor, ...filter } = request.query;
      const limit = pageLimit(asked);
      const [at = "", id = ""] = readCursor(cursor, 2) ?? [];
      const after = at === "" ? null : { createdAt: new Date(at), id };
      const rows = await listRollouts(db, workspaceId, filter, after, limit + 1);
      const page = cursorPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id]);
      return { items: page.items.map(summaryOf), next: page.next };
    },
  );
  app.get(
    `${BASE}/:id`,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "One rollout, with what keeps it where it is",
        params: ById,
        response: { 200: RolloutSchema },
      },
    },
    async (request, reply) => {
      const rollout = await found(request, request.params.id);
      etag(reply, rollout.version);
      return documentOf(runs, commandContext(request), rollout);
    },
  );
}

function registerLookingBack(app: App, deps: PlanRouteDependencies): void {
  app.get(
    `${BASE}/:id/history`,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "What has happened to a rollout, oldest first; the last 500 lines",
        params: ById,
        response: { 200: Type.Object({ items: Type.Array(RolloutEventSchema) }) },
      },
    },
    async (request) => {
      const { id } = await found(request, request.params.id);
      const lines = await deps.control.history(commandContext(request), id, HISTORY_LIMIT);
      return { items: lines.map((line) => ({ ...line, at: line.at.toISOString() })) };
    },
  );
  app.get(
    `${BASE}/:id/foresight`,
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "What rolling back now would do, by the rollout's own rules",
        params: ById,
        response: { 200: ForesightSchema },
      },
    },
    async (request) =>
      foresightOf(deps, commandContext(request), await found(request, request.params.id)),
  );
}

function registerWriting(app: App, deps: PlanRouteDependencies): void {
  const answer = (request: Request, rollout: Rollout): Promise<RolloutDocument> =>
    documentOf(deps.runs, commandContext(request), rollout);
  app.post(
    BASE,
    {
      config: { permission: "rollout.edit" },
      schema: {
        summary: "Write a rollout plan down; nothing is served before it is armed and started",
        body: WritePlanSchema,
        response: { 201: RolloutSchema },
      },
    },
    async (request, reply) => {
      const rollout = unwrap(await createRollout(deps, commandContext(request), request.body));
      etag(reply, rollout.version);
      void reply.code(201).header("location", `${BASE}/${rollout.id}`);
      return answer(request, rollout);
    },
  );
  app.put(
    `${BASE}/:id`,
    {
      config: { permission: "rollout.edit" },
      schema: {
        summary: "Replace a plan that has not been started",
        params: ById,
        body: WritePlanSchema,
        response: { 200: RolloutSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const input = { id, version: ifMatch(request), plan: request.body };
      const rollout = unwrap(await editRollout(deps, commandContext(request), input));
      etag(reply, rollout.version);
      return answer(request, rollout);
    },
  );
}

const bare = { params: ById, response: { 200: RolloutSchema } };
const reasoned = { ...bare, body: ReasonSchema };

/** Answers with the rollout as it stands after a command. */
function answering(runs: PlanRuns) {
  return async (
    request: Request,
    outcome: Promise<Result<Rollout, RolloutError>>,
  ): Promise<RolloutDocument> => documentOf(runs, commandContext(request), unwrap(await outcome));
}

function registerMoving(app: App, deps: PlanRouteDependencies): void {
  const { runs } = deps;
  const answer = answering(runs);
  app.post(
    `${BASE}/:id/arm`,
    {
      config: { permission: "rollout.edit" },
      schema: { summary: "Say that a plan is complete; needs the flag's way back", ...bare },
    },
    (request) => answer(request, armRollout(deps, commandContext(request), request.params.id)),
  );
  app.post(
    `${BASE}/:id/start`,
    {
      config: { permission: "rollout.start" },
      schema: {
        summary: "Start an armed plan: lock its flag and publish its first stage",
        ...bare,
      },
    },
    (request) => answer(request, startRollout(runs, commandContext(request), request.params.id)),
  );
  app.post(
    `${BASE}/:id/approve`,
    {
      config: { permission: "rollout.approve" },
      schema: { summary: "Say yes to going on from a stage", ...bare, body: ApproveSchema },
    },
    (request) => {
      const input = { ...request.params, ...request.body };
      return answer(request, approveStage(runs, commandContext(request), input));
    },
  );
  app.post(
    `${BASE}/:id/resume`,
    {
      config: { permission: "rollout.start" },
      schema: { summary: "Let a paused rollout go on", ...bare },
    },
    (request) => answer(request, resumeRollout(runs, commandContext(request), request.params.id)),
  );
}

function registerActs(app: App, { runs }: PlanRouteDependencies): void {
  const answer = answering(runs);
  const acts = [
    ["pause", "rollback.execute", "Stop a rollout where it is; what is served stays", pauseRollout],
    ["advance", "rollout.start", "Let the rest of the stage's time off", advanceRollout],
    ["abort", "rollout.start", "End a rollout where it is; what is served stays", abortRollout],
  ] as const;
  for (const [name, permission, summary, act] of acts) {
    app.post(
      `${BASE}/:id/${name}`,
      { config: { permission }, schema: { summary, ...reasoned } },
      (request) => {
        const input = { ...request.params, ...request.body };
        return answer(request, act(runs, commandContext(request), input));
      },
    );
  }
}

function registerRollback(app: App, deps: PlanRouteDependencies): void {
  app.post(
    `${BASE}/:id/rollback`,
    {
      config: { permission: "rollback.execute" },
      schema: {
        summary:
          "Take the flag back, at once or last in, first out as its way back says; needs no approval",
        ...bare,
        body: RollBackSchema,
      },
    },
    (request) => {
      const input = { ...request.params, ...request.body };
      const ctx = commandContext(request);
      return answering(deps.runs)(request, rollBackRollout(deps, ctx, input));
    },
  );
}

function registerTemplates(app: App, { roles }: PlanRouteDependencies): void {
  const ByKey = Type.Object({ key: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,59}$" }) });
  app.get(
    "/api/v1/rollout-templates",
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "Shapes of plans: those that come with the product, then the workspace's own",
        response: { 200: Type.Object({ items: Type.Array(TemplateSchema) }) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const all = [...BUILT_IN_TEMPLATES, ...(await listTemplates(db, workspaceId))];
      return { items: all.map((template) => ({ ...template, stages: [...template.stages] })) };
    },
  );
  app.put(
    "/api/v1/rollout-templates/:key",
    {
      config: { permission: "rollout.edit" },
      schema: {
        summary: "Keep a shape of plans",
        params: ByKey,
        body: WriteTemplateSchema,
        response: { 200: TemplateSchema },
      },
    },
    async (request) => {
      const input = { ...request.params, ...request.body };
      const template = unwrap(await saveTemplate(roles, commandContext(request), input));
      return { ...template, stages: [...template.stages] };
    },
  );
  app.delete(
    "/api/v1/rollout-templates/:key",
    {
      config: { permission: "rollout.edit" },
      schema: {
        summary: "Forget a shape; plans made from it keep their stages",
        params: ByKey,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      unwrap(await removeTemplate(commandContext(request), request.params.key));
      return reply.code(204).send(null);
    },
  );
}

/** Registers the routes of rollout plans. */
export function registerPlanRoutes(app: App, deps: PlanRouteDependencies): void {
  registerReading(app, deps);
  registerLookingBack(app, deps);
  registerWriting(app, deps);
  registerMoving(app, deps);
  registerActs(app, deps);
  registerRollback(app, deps);
  registerTemplates(app, deps);
}
