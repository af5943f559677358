import { commandContext, ifMatch, notFound, pageLimit, PageOf, PageQuery } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";

import {
  BoardSchema,
  EditSchema,
  InitiativeDetailSchema,
  InitiativeSummarySchema,
  ModeSchema,
  PreviewAnswerSchema,
  PreviewSchema,
  ProposeSchema,
  StateSchema,
} from "../api.ts";
import type { PreviewInput } from "../api.ts";
import { EMPTY_PROPOSAL } from "../domain/index.ts";
import { registerActRoutes } from "./act-routes.ts";
import { answerChange, answerDetail, BASE, ById, unwrap } from "./answers.ts";
import { subjectOf } from "./change.ts";
import { checked } from "./checked.ts";
import { editInitiative } from "./commands/edit-initiative.ts";
import { proposeInitiative } from "./commands/propose-initiative.ts";
import type { InitiativeDependencies } from "./dependencies.ts";
import { evaluateSubject } from "./evaluation.ts";
import { boardCounts, listInitiatives, SORTS } from "./list.ts";
import { registerPolicyRoutes } from "./policy-routes.ts";
import { findInitiative } from "./repository.ts";
import { checkDocuments, initiativeSummaries } from "./views.ts";

const ListQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Array(StateSchema, { maxItems: 8 })),
  mode: Type.Optional(
    Type.Array(Type.Union([ModeSchema, Type.Literal("undecided")]), { maxItems: 4 }),
  ),
  owner: Type.Optional(Type.String({ maxLength: 80 })),
  search: Type.Optional(Type.String({ maxLength: 200 })),
  sort: Type.Optional(Type.Enum([...SORTS])),
});

async function preview(deps: InitiativeDependencies, request: FastifyRequest, input: PreviewInput) {
  const { db, workspaceId, now, actor } = commandContext(request);
  const stored =
    input.initiativeId === undefined
      ? null
      : await findInitiative(db, workspaceId, input.initiativeId);
  if (input.initiativeId !== undefined && stored === null) throw notFound("initiative");
  const before = stored === null ? null : await subjectOf(db, stored);
  const typed = input.artifacts ?? {};
  const writtenNow = Object.fromEntries(
    Object.keys(typed).map((artifact) => [artifact, now.getTime()]),
  );
  const proposer = actor.kind === "person" ? actor.id : null;
  const subject = {
    initiativeId: before?.initiativeId ?? null,
    ownerId: input.ownerId === undefined ? (before?.ownerId ?? proposer) : input.ownerId,
    mode: null,
    proposal: { ...(before?.proposal ?? EMPTY_PROPOSAL), ...input.proposal },
    written: {
      contents: { ...before?.written.contents, ...typed },
      writtenAtMs: { ...before?.written.writtenAtMs, ...writtenNow },
    },
    iterationsUsed: before?.iterationsUsed ?? 0,
  };
  const { decision, checks, sprintIfReady } = await evaluateSubject(
    deps,
    { db, workspaceId, now },
    subject,
  );
  return checked(PreviewAnswerSchema, {
    decision,
    checks: checkDocuments(checks),
    sprintIfReady: sprintIfReady(),
  });
}

function registerReads(app: App, deps: InitiativeDependencies): void {
  app.get(
    BASE,
    {
      config: { permission: "initiative.read" },
      schema: {
        summary: "Initiatives",
        querystring: ListQuery,
        response: { 200: PageOf(InitiativeSummarySchema) },
      },
    },
    async (request) => {
      const context = commandContext(request);
      const { state, mode, owner, search, sort, limit, cursor } = request.query;
      const filter = {
        states: state ?? [],
        modes: mode ?? [],
        ownerId: owner ?? null,
        search: search ?? "",
        sort: sort ?? "-number",
      } as const;
      const page = await listInitiatives(context.db, context.workspaceId, filter, {
        limit: pageLimit(limit),
        cursor,
      });
      return {
        items: [...(await initiativeSummaries(deps, context, page.items))],
        next: page.next,
      };
    },
  );
  app.get(
    `${BASE}/board`,
    {
      config: { permission: "initiative.read" },
      schema: { summary: "Counts by state and mode", response: { 200: BoardSchema } },
    },
    async (request) => {
      const { db, workspaceId, now } = commandContext(request);
      return boardCounts(db, workspaceId, now);
    },
  );
  app.get(
    `${BASE}/:id`,
    {
      config: { permission: "initiative.read" },
      schema: {
        summary: "One initiative with its decision",
        params: ById,
        response: { 200: InitiativeDetailSchema },
      },
    },
    async (request, reply) => {
      const { db, workspaceId } = commandContext(request);
      const initiative = await findInitiative(db, workspaceId, request.params.id);
      if (initiative === null) throw notFound("initiative");
      return answerDetail(deps, request, reply, initiative);
    },
  );
}

function registerWrites(app: App, deps: InitiativeDependencies): void {
  app.post(
    BASE,
    {
      config: { permission: "initiative.edit" },
      schema: {
        summary: "Propose a change",
        body: ProposeSchema,
        response: { 201: InitiativeDetailSchema },
      },
    },
    async (request, reply) => {
      const initiative = unwrap(await proposeInitiative(commandContext(request), request.body));
      void reply.code(201).header("location", `${BASE}/${initiative.id}`);
      return answerChange(deps, request, reply, initiative);
    },
  );
  app.patch(
    `${BASE}/:id`,
    {
      config: { permission: "initiative.edit" },
      schema: {
        summary: "Edit words, facts or artifacts",
        params: ById,
        body: EditSchema,
        response: { 200: InitiativeDetailSchema },
      },
    },
    async (request, reply) => {
      const input = {
        id: request.params.id,
        expectedVersion: ifMatch(request),
        changes: request.body,
      };
      return answerChange(
        deps,
        request,
        reply,
        unwrap(await editInitiative(commandContext(request), input)),
      );
    },
  );
  app.post(
    `${BASE}/preview`,
    {
      config: { permission: "initiative.edit", idempotent: false },
      schema: {
        summary: "The decision on what is being typed; nothing is written",
        body: PreviewSchema,
        response: { 200: PreviewAnswerSchema },
      },
    },
    (request) => preview(deps, request, request.body),
  );
}

/** Registers everything below `/api/v1/initiatives` and `/api/v1/policy`. */
export function registerRoutes(app: App, deps: InitiativeDependencies): void {
  registerReads(app, deps);
  registerWrites(app, deps);
  registerActRoutes(app, deps);
  registerPolicyRoutes(app, deps);
}
