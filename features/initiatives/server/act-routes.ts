import { commandContext, ifMatch, problem } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";

import {
  ArtifactContentsSchema,
  InitiativeDetailSchema,
  VerdictSchema,
  WrittenArtifactSchema,
} from "../api.ts";
import { answerChange, BASE, ById, unwrap } from "./answers.ts";
import { checked } from "./checked.ts";
import { assignOwner } from "./commands/assign-owner.ts";
import { cancelInitiative } from "./commands/cancel-initiative.ts";
import { captureLearning } from "./commands/capture-learning.ts";
import { decideInitiativeNow } from "./commands/decide-initiative.ts";
import { editInitiative } from "./commands/edit-initiative.ts";
import { markInitiativeReady } from "./commands/mark-ready.ts";
import { recordVerdict } from "./commands/record-verdict.ts";
import { startNextIteration } from "./commands/start-iteration.ts";
import type { IterationOutcome } from "./commands/start-iteration.ts";
import { submitInitiative } from "./commands/submit-initiative.ts";
import type { InitiativeDependencies } from "./dependencies.ts";

const Closed = { additionalProperties: false } as const;
const DETAIL = { 200: InitiativeDetailSchema } as const;

/** The version that the caller read, where an act can do without it. */
function optionalVersion(request: FastifyRequest): number | null {
  return request.headers["if-match"] === undefined ? null : ifMatch(request);
}

function target(request: FastifyRequest<{ Params: { id: string } }>) {
  return { id: request.params.id, expectedVersion: optionalVersion(request) };
}

function registerDecision(app: App, deps: InitiativeDependencies): void {
  app.post(
    `${BASE}/:id/propose`,
    {
      config: { permission: "initiative.edit" },
      schema: { summary: "Turn a draft into a proposal", params: ById, response: DETAIL },
    },
    async (request, reply) => {
      const initiative = unwrap(await submitInitiative(commandContext(request), target(request)));
      return answerChange(deps, request, reply, initiative);
    },
  );
  app.post(
    `${BASE}/:id/decision`,
    {
      config: { permission: "initiative.decide" },
      schema: { summary: "Decide by the current policy", params: ById, response: DETAIL },
    },
    async (request, reply) => {
      const { initiative } = unwrap(
        await decideInitiativeNow(deps, commandContext(request), target(request)),
      );
      return answerChange(deps, request, reply, initiative);
    },
  );
  app.post(
    `${BASE}/:id/ready`,
    {
      config: { permission: "initiative.decide" },
      schema: { summary: "Mark a decided initiative ready", params: ById, response: DETAIL },
    },
    async (request, reply) => {
      const initiative = unwrap(
        await markInitiativeReady(deps, commandContext(request), target(request)),
      );
      return answerChange(deps, request, reply, initiative);
    },
  );
}

function registerOwnership(app: App, deps: InitiativeDependencies): void {
  app.put(
    `${BASE}/:id/owner`,
    {
      config: { permission: "initiative.edit" },
      schema: {
        summary: "Give it its one owner",
        params: ById,
        body: Type.Object(
          { ownerId: Type.Union([Type.String({ minLength: 1, maxLength: 80 }), Type.Null()]) },
          Closed,
        ),
        response: DETAIL,
      },
    },
    async (request, reply) => {
      const input = { ...target(request), ownerId: request.body.ownerId };
      return answerChange(
        deps,
        request,
        reply,
        unwrap(await assignOwner(deps, commandContext(request), input)),
      );
    },
  );
  app.put(
    `${BASE}/:id/artifacts/:artifact`,
    {
      config: { permission: "initiative.edit" },
      schema: {
        summary: "Write the content of one artifact",
        params: Type.Object({ ...ById.properties, artifact: WrittenArtifactSchema }),
        body: Type.Object({}, { additionalProperties: true }),
        response: DETAIL,
      },
    },
    async (request, reply) => {
      const { id, artifact } = request.params;
      const artifacts = artifactContents(artifact, request.body);
      const input = { id, expectedVersion: ifMatch(request), changes: { artifacts } };
      return answerChange(
        deps,
        request,
        reply,
        unwrap(await editInitiative(commandContext(request), input)),
      );
    },
  );
}

/** One artifact's content as typed contents. @throws Problem 400 if it does not fit the artifact */
function artifactContents(artifact: string, content: unknown) {
  const contents = { [artifact]: content };
  try {
    return checked(ArtifactContentsSchema, contents);
  } catch (error) {
    const detail =
      error instanceof Error ? error.message.replace("stored value does not fit: ", "") : "";
    throw problem({
      name: "invalid-artifact",
      title: "The artifact does not fit",
      status: 400,
      detail: `${detail}. Nothing was changed.`,
    });
  }
}

/** A refused third iteration has changed something: the initiative was decided anew. */
function escalated(outcome: Extract<IterationOutcome, { kind: "escalated" }>): Error {
  const { number, decision, auditEntry, initiative } = outcome;
  return problem({
    name: "third-iteration",
    title: "A third iteration makes it a marathon",
    status: 409,
    detail: `Iteration ${number} of a sprint is refused. The initiative was decided anew: ${decision.headline} ${decision.reason}`,
    extensions: { decision, auditEntry, version: initiative.version },
    headers: { etag: `"${initiative.version}"` },
  });
}

function registerRuns(app: App, deps: InitiativeDependencies): void {
  app.post(
    `${BASE}/:id/iterations`,
    {
      config: { permission: "initiative.start" },
      schema: {
        summary: "Start the next iteration with its timebox",
        params: ById,
        body: Type.Object(
          { weeks: Type.Optional(Type.Integer({ description: "1 to 4; not used for marathons" })) },
          Closed,
        ),
        response: DETAIL,
      },
    },
    async (request, reply) => {
      const input = { ...target(request), weeks: request.body.weeks ?? 0 };
      const outcome = unwrap(await startNextIteration(deps, commandContext(request), input));
      const detail = await answerChange(deps, request, reply, outcome.initiative);
      if (outcome.kind === "escalated") throw escalated(outcome);
      return detail;
    },
  );
  app.post(
    `${BASE}/:id/verdict`,
    {
      config: { permission: "initiative.decide" },
      schema: {
        summary: "End the run in flight with its verdict",
        params: ById,
        body: Type.Object({ verdict: VerdictSchema }, Closed),
        response: DETAIL,
      },
    },
    async (request, reply) => {
      const input = { ...target(request), verdict: request.body.verdict };
      return answerChange(
        deps,
        request,
        reply,
        unwrap(await recordVerdict(commandContext(request), input)),
      );
    },
  );
}

function registerEnds(app: App, deps: InitiativeDependencies): void {
  app.post(
    `${BASE}/:id/learning`,
    {
      config: { permission: "initiative.edit" },
      schema: {
        summary: "Close it with what was learned",
        params: ById,
        body: Type.Object({ learning: Type.String({ maxLength: 5_000 }) }, Closed),
        response: DETAIL,
      },
    },
    async (request, reply) => {
      const input = { ...target(request), learning: request.body.learning };
      return answerChange(
        deps,
        request,
        reply,
        unwrap(await captureLearning(commandContext(request), input)),
      );
    },
  );
  app.post(
    `${BASE}/:id/cancellation`,
    {
      config: { permission: "initiative.cancel" },
      schema: {
        summary: "Cancel what is not in flight",
        params: ById,
        body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000 }) }, Closed),
        response: DETAIL,
      },
    },
    async (request, reply) => {
      const input = { ...target(request), reason: request.body.reason };
      return answerChange(
        deps,
        request,
        reply,
        unwrap(await cancelInitiative(commandContext(request), input)),
      );
    },
  );
}

/** Registers the acts on one initiative. */
export function registerActRoutes(app: App, deps: InitiativeDependencies): void {
  registerDecision(app, deps);
  registerOwnership(app, deps);
  registerRuns(app, deps);
  registerEnds(app, deps);
}
