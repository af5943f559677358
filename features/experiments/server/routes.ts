import {
  commandContext,
  cursorPage,
  etag,
  ifMatch,
  notFound,
  pageLimit,
  PageOf,
  PageQuery,
  readCursor,
} from "@paceline/http";
import type { App } from "@paceline/http";
import type { Result } from "@paceline/result";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import {
  AnalysisSchema,
  CreateExperimentSchema,
  CriterionSchema,
  ExperimentDetailSchema,
  ExperimentStateSchema,
  ExperimentSummarySchema,
  LookSchema,
  MetricSchema,
  ReadinessSchema,
  ReasonSchema,
  SamplePlanRequest,
  SamplePlanSchema,
} from "../api.ts";
import type { ExperimentDetail } from "../api.ts";
import { checkCriterion, metricKeysOf, planSample } from "../domain/index.ts";
import { createExperiment } from "./commands/create-experiment.ts";
import { defineMetric } from "./commands/define-metric.ts";
import { editCriterion } from "./commands/edit-criterion.ts";
import { lockCriterion } from "./commands/lock-criterion.ts";
import { startExperiment } from "./commands/start-experiment.ts";
import { stopExperiment } from "./commands/stop-experiment.ts";
import { takeLook } from "./commands/take-look.ts";
import type { LookTaken } from "./commands/take-look.ts";
import type { ExperimentDependencies } from "./dependencies.ts";
import { experimentProblem } from "./errors.ts";
import type { ExperimentError } from "./errors.ts";
import { timeboxEnd } from "./look-time.ts";
import { readAnalysis } from "./read-analysis.ts";
import { findExperiment, listExperiments, listMetrics } from "./repository.ts";
import type { Experiment } from "./repository.ts";
import { planOf } from "./statistics.ts";
import { experimentDetail, experimentSummary, lookDocument } from "./views.ts";

const ById = Type.Object({ id: Type.String({ format: "uuid" }) });
const BASE = "/api/v1/experiments";

/** What the routes need. */
export interface RouteDependencies extends ExperimentDependencies {
  /** Called after a look that was asked for; the same as the scheduler's. */
  readonly onLook: (taken: LookTaken) => Promise<void>;
}

function unwrap<T>(result: Result<T, ExperimentError>): T {
  if (result.ok) return result.value;
  throw experimentProblem(result.error);
}

async function experimentOf(request: FastifyRequest, id: string): Promise<Experiment> {
  const { db, workspaceId } = commandContext(request);
  const experiment = await findExperiment(db, workspaceId, id);
  if (experiment === null) throw notFound("experiment");
  return experiment;
}

async function sendDetail(
  request: FastifyRequest,
  reply: FastifyReply,
  experiment: Experiment,
): Promise<ExperimentDetail> {
  etag(reply, experiment.version);
  return experimentDetail(commandContext(request).db, experiment);
}

function registerList(app: App): void {
  app.get(
    BASE,
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "List experiments, newest first",
        querystring: Type.Object({
          ...PageQuery.properties,
          state: Type.Optional(ExperimentStateSchema),
          initiativeId: Type.Optional(Type.String({ format: "uuid" })),
          flagKey: Type.Optional(Type.String()),
          environment: Type.Optional(Type.String()),
          search: Type.Optional(Type.String({ maxLength: 200 })),
        }),
        response: { 200: PageOf(ExperimentSummarySchema) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const { limit: asked, cursor, ...filter } = request.query;
      const limit = pageLimit(asked);
      const rows = await listExperiments(db, workspaceId, filter, readCursor(cursor, 2), limit + 1);
      const page = cursorPage(rows, limit, ({ createdAt, id }) => [createdAt.toISOString(), id]);
      return { items: page.items.map(experimentSummary), next: page.next };
    },
  );
}

function registerDetail(app: App): void {
  app.get(
    `${BASE}/:id`,
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "One experiment with its criterion and looks",
        params: ById,
        response: { 200: ExperimentDetailSchema },
      },
    },
    async (request, reply) =>
      sendDetail(request, reply, await experimentOf(request, request.params.id)),
  );
}

function registerEvidence(app: App, deps: RouteDependencies): void {
  app.get(
    `${BASE}/:id/readiness`,
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "What must hold before exposure starts",
        params: ById,
        response: { 200: ReadinessSchema },
      },
    },
    async (request) => {
      const experiment = await experimentOf(request, request.params.id);
      const items = [...(await deps.readiness(experiment))];
      return { ready: items.every(({ met }) => met) && experiment.state === "locked", items };
    },
  );
  app.get(
    `${BASE}/:id/sql`,
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "The statement behind the numbers",
        params: ById,
        response: { 200: Type.Object({ sql: Type.String() }) },
      },
    },
    async (request) => {
      const experiment = await experimentOf(request, request.params.id);
      const { db, now } = commandContext(request);
      const { criterion } = experiment;
      const plan = planOf({
        workspaceId: experiment.workspaceId,
        environment: experiment.environment,
        experimentId: experiment.id,
        flagKey: experiment.flagKey,
        variants: Object.keys(criterion.design.allocation),
        metrics: await listMetrics(db, experiment.workspaceId, metricKeysOf(criterion)),
        windowHours: criterion.design.conversionWindowHours,
        from: experiment.startedAt ?? experiment.createdAt,
        asOf: experiment.endedAt ?? timeboxEnd(experiment) ?? now,
      });
      return { sql: await deps.events.showSql(plan) };
    },
  );
}

function registerReading(app: App, deps: RouteDependencies): void {
  app.get(
    `${BASE}/:id/reading`,
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "All data of an ended run, also what came after its verdict",
        description:
          "The verdict stays what it was. Not available while the run goes on: looking without spending alpha would break its error rate.",
        params: ById,
        response: { 200: AnalysisSchema },
      },
    },
    async (request) => {
      const experiment = await experimentOf(request, request.params.id);
      const { startedAt, endedAt, state, environment, workspaceId } = experiment;
      if (startedAt === null || endedAt === null) {
        throw experimentProblem({ kind: "wrong-experiment-state", state, needs: "an ended run" });
      }
      const asOf = await deps.environmentNow(workspaceId, environment);
      return readAnalysis(deps, commandContext(request).db, experiment, startedAt, asOf);
    },
  );
}

function registerDrafts(app: App): void {
  app.post(
    BASE,
    {
      config: { permission: "experiment.edit" },
      schema: {
        summary: "Draft an experiment",
        body: CreateExperimentSchema,
        response: { 201: ExperimentDetailSchema },
      },
    },
    async (request, reply) => {
      const experiment = unwrap(await createExperiment(commandContext(request), request.body));
      void reply.status(201).header("location", `${BASE}/${experiment.id}`);
      return sendDetail(request, reply, experiment);
    },
  );
  app.put(
    `${BASE}/:id/criterion`,
    {
      config: { permission: "experiment.edit" },
      schema: {
        summary: "Replace the criterion of a draft",
        params: ById,
        body: CriterionSchema,
        response: { 200: ExperimentDetailSchema },
      },
    },
    async (request, reply) => {
      const edited = await editCriterion(
        commandContext(request),
        request.params.id,
        ifMatch(request),
        request.body,
      );
      return sendDetail(request, reply, unwrap(edited));
    },
  );
}

function registerSamplePlan(app: App): void {
  app.post(
    "/api/v1/sample-plan",
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "How many units a criterion needs, and whether its timebox holds them",
        body: SamplePlanRequest,
        response: { 200: SamplePlanSchema },
      },
    },
    async (request) => {
      const { criterion, baseline, unitsPerDay } = request.body;
      const checked = checkCriterion(criterion);
      if (!checked.ok)
        throw experimentProblem({ kind: "criterion-invalid", faults: checked.error });
      const plan = planSample(criterion, baseline, unitsPerDay);
      const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
      return {
        ...plan,
        perArm: { ...plan.perArm },
        waysOut: [...plan.waysOut],
        requiredUnits: known(plan.requiredUnits),
        daysNeeded: known(plan.daysNeeded),
      };
    },
  );
}

function registerRuns(app: App, deps: RouteDependencies): void {
  app.post(
    `${BASE}/:id/lock`,
    {
      config: { permission: "experiment.lock" },
      schema: {
        summary: "Lock the criterion",
        params: ById,
        response: { 200: ExperimentDetailSchema },
      },
    },
    async (request, reply) =>
      sendDetail(
        request,
        reply,
        unwrap(await lockCriterion(deps, commandContext(request), request.params.id)),
      ),
  );
  app.post(
    `${BASE}/:id/start`,
    {
      config: { permission: "experiment.start" },
      schema: {
        summary: "Start the run",
        params: ById,
        response: { 200: ExperimentDetailSchema },
      },
    },
    async (request, reply) =>
      sendDetail(
        request,
        reply,
        unwrap(await startExperiment(deps, commandContext(request), request.params.id)),
      ),
  );
}

function registerEndings(app: App, deps: RouteDependencies): void {
  app.post(
    `${BASE}/:id/stop`,
    {
      config: { permission: "experiment.start" },
      schema: {
        summary: "Stop the run without a verdict",
        params: ById,
        body: ReasonSchema,
        response: { 200: ExperimentDetailSchema },
      },
    },
    async (request, reply) => {
      const input = { id: request.params.id, reason: request.body.reason, verdict: null };
      return sendDetail(
        request,
        reply,
        unwrap(await stopExperiment(deps, commandContext(request), input)),
      );
    },
  );
  app.post(
    `${BASE}/:id/looks`,
    {
      config: { permission: "experiment.start" },
      schema: {
        summary: "Take a look now",
        description: "Each look spends alpha; the boundary accounts for it.",
        params: ById,
        response: { 201: LookSchema },
      },
    },
    async (request, reply) => {
      const { id, environment, workspaceId } = await experimentOf(request, request.params.id);
      const asOf = await deps.environmentNow(workspaceId, environment);
      const taken = unwrap(
        await takeLook(deps, commandContext(request), { id, asOf, kind: "requested" }),
      );
      await deps.onLook(taken);
      return reply.status(201).send(lookDocument(taken.look));
    },
  );
}

function registerMetrics(app: App): void {
  app.get(
    "/api/v1/metrics",
    {
      config: { permission: "experiment.read" },
      schema: {
        summary: "Metric definitions",
        response: { 200: Type.Object({ items: Type.Array(MetricSchema) }) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return { items: [...(await listMetrics(db, workspaceId))] };
    },
  );
  app.put(
    "/api/v1/metrics/:key",
    {
      config: { permission: "experiment.edit" },
      schema: {
        summary: "Define a metric",
        params: Type.Object({ key: Type.String() }),
        body: Type.Omit(MetricSchema, ["key"]),
        response: { 200: MetricSchema },
      },
    },
    async (request) =>
      unwrap(
        await defineMetric(commandContext(request), { ...request.body, key: request.params.key }),
      ),
  );
}

/** Registers the routes of experiments and metrics. */
export function registerRoutes(app: App, deps: RouteDependencies): void {
  registerList(app);
  registerDetail(app);
  registerEvidence(app, deps);
  registerReading(app, deps);
  registerDrafts(app);
  registerSamplePlan(app);
  registerRuns(app, deps);
  registerEndings(app, deps);
  registerMetrics(app);
}
