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
import { Type } from "typebox";

import {
  ConfigurationInputSchema,
  ConfigurationSchema,
  EnvironmentKey,
  FlagKey,
  MoveSchema,
  PublicationSchema,
  RevisionDetailSchema,
  WarningSchema,
} from "../api.ts";
import { differences } from "../domain/index.ts";
import { editConfiguration } from "./commands/edit-configuration.ts";
import { publishFlag } from "./commands/publish-flag.ts";
import { revertFlag } from "./commands/revert-flag.ts";
import { setExposure } from "./commands/set-exposure.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { unwrap } from "./problems.ts";
import { readRevision, readRevisionBefore } from "./repository.ts";
import { inForce, mustHaveEnvironment, mustRead } from "./route-guards.ts";
import { listPublications, publicationView } from "./views.ts";

const EnvironmentParams = Type.Object({ key: FlagKey, environment: EnvironmentKey });
const Warnings = Type.Array(WarningSchema, {
  description: "what it does that may not be expected; nothing was refused",
});
const IgnoreFailingTests = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 1_000,
    description: "why it is published although expectations fail; audited",
  }),
);
const RevisionParams = Type.Object({
  key: FlagKey,
  environment: EnvironmentKey,
  revision: Type.Integer({ minimum: 1 }),
});

function addDraft(app: App, deps: FlagRouteDependencies): void {
  app.put(
    "/api/v1/flags/:key/environments/:environment",
    {
      config: { permission: "flag.edit" },
      schema: {
        summary: 'Write the draft of an environment; `If-Match: "<draft version>"` guards it',
        params: EnvironmentParams,
        body: ConfigurationInputSchema,
        response: {
          200: Type.Object({
            configuration: ConfigurationSchema,
            version: Type.Integer(),
            warnings: Warnings,
          }),
        },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { key, environment } = request.params;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const version = request.headers["if-match"] === undefined ? null : ifMatch(request);
      const configuration = request.body;
      const draft = unwrap(
        await editConfiguration(ctx, { key, environment, configuration, version }),
      );
      etag(reply, draft.version);
      return { ...draft, warnings: [...draft.warnings] };
    },
  );
}

function addPublish(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/environments/:environment/publish",
    {
      config: { permission: "flag.publish" },
      schema: {
        summary: "Put the draft in force as a new revision",
        params: EnvironmentParams,
        body: Type.Optional(
          Type.Object(
            {
              digest: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$" })),
              acceptRebucketing: Type.Optional(Type.Boolean()),
              ignoreFailingTests: IgnoreFailingTests,
            },
            { additionalProperties: false },
          ),
        ),
        response: { 200: Type.Object({ ...PublicationSchema.properties, warnings: Warnings }) },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      await mustHaveEnvironment(deps, ctx.workspaceId, request.params.environment);
      const { digest = null, acceptRebucketing = false, ignoreFailingTests } = request.body ?? {};
      const input = {
        ...request.params,
        digest,
        acceptRebucketing,
        ...(ignoreFailingTests === undefined ? {} : { ignoreFailingTests }),
      };
      const published = unwrap(await publishFlag(deps.door, ctx, input));
      return { ...(await inForce(deps, ctx, published)), warnings: [...published.warnings] };
    },
  );
}

function addMoves(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/environments/:environment/revert",
    {
      config: { permission: "rollback.execute" },
      schema: {
        summary:
          "Put an older revision in force again; a way back unless it exposes more, which is a publication",
        params: EnvironmentParams,
        body: Type.Object(
          {
            revision: Type.Integer({ minimum: 1 }),
            acceptRebucketing: Type.Optional(Type.Boolean()),
            ignoreFailingTests: IgnoreFailingTests,
          },
          { additionalProperties: false },
        ),
        response: { 200: MoveSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const moved = unwrap(
        await revertFlag(deps.door, ctx, { ...request.params, ...request.body }),
      );
      return { ...(await inForce(deps, ctx, moved)), failingTests: [...moved.failingTests] };
    },
  );
  app.post(
    "/api/v1/flags/:key/environments/:environment/rules/:ruleId/exposure",
    {
      config: { permission: "flag.publish" },
      schema: {
        summary: "Move the exposure of one rule in what is in force",
        params: Type.Object({ ...EnvironmentParams.properties, ruleId: Type.String() }),
        body: Type.Object(
          {
            exposureShare: Type.Number({ minimum: 0, maximum: 1 }),
            ignoreFailingTests: IgnoreFailingTests,
          },
          { additionalProperties: false },
        ),
        response: { 200: MoveSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const moved = unwrap(
        await setExposure(deps.door, ctx, { ...request.params, ...request.body }),
      );
      return { ...(await inForce(deps, ctx, moved)), failingTests: [...moved.failingTests] };
    },
  );
}

function addRevisions(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags/:key/environments/:environment/revisions",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "What was in force of a flag, newest first",
        params: EnvironmentParams,
        querystring: PageQuery,
        response: { 200: PageOf(PublicationSchema) },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const flag = await mustRead(deps, ctx, request.params.key);
      const limit = pageLimit(request.query.limit);
      const cursor = readCursor(request.query.cursor, 1)?.[0];
      const before = cursor === undefined ? null : Number(cursor);
      const { environment } = request.params;
      const rows = await listPublications(deps.db, flag.id, environment, before, limit + 1);
      return cursorPage(rows.map(publicationView), limit, ({ revision }) => [`${revision}`]);
    },
  );
  app.get(
    "/api/v1/flags/:key/environments/:environment/revisions/:revision",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "One revision and how it differs from `against`, by default the one before it",
        params: RevisionParams,
        querystring: Type.Object({ against: Type.Optional(Type.Integer({ minimum: 1 })) }),
        response: { 200: RevisionDetailSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { key, environment, revision } = request.params;
      const flag = await mustRead(deps, ctx, key);
      const found = await readRevision(deps.db, flag.id, environment, revision);
      if (found === null) throw notFound("revision");
      const { against } = request.query;
      const other =
        against === undefined
          ? await readRevisionBefore(deps.db, flag.id, environment, revision)
          : await readRevision(deps.db, flag.id, environment, against);
      if (against !== undefined && other === null) throw notFound("revision");
      return {
        ...publicationView(found),
        content: found.content,
        against: other?.revision ?? null,
        differences: [...differences(other?.content ?? {}, found.content ?? {})],
      };
    },
  );
}

/** Registers what happens to a flag in one environment: draft, publish, revert, exposure, history. */
export function registerPublicationRoutes(app: App, deps: FlagRouteDependencies): void {
  addDraft(app, deps);
  addPublish(app, deps);
  addMoves(app, deps);
  addRevisions(app, deps);
}
