import { commandContext, etag, ifMatch, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EnvironmentKey, FlagKey } from "../../api.ts";
import {
  completeConfiguration,
  configurationFaults,
  flagTestFaults,
  revisionContent,
} from "../../domain/index.ts";
import {
  FlagTestRunSchema,
  FlagTestsInput,
  FlagTestsView,
  RunFlagTestsBody,
  toFlagTest,
} from "../../flag-test-api.ts";
import { editTests } from "../commands/edit-tests.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { unwrap } from "../problems.ts";
import { readDraft, readLatest } from "../repository.ts";
import { mustHaveEnvironment, mustRead } from "../route-guards.ts";
import { readTests } from "./test-repository.ts";
import { tryTests } from "./try-tests.ts";

const Params = Type.Object({ key: FlagKey, environment: EnvironmentKey });
const PATH = "/api/v1/flags/:key/environments/:environment/tests";

function addKept(app: App, deps: FlagRouteDependencies): void {
  app.get(
    PATH,
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "What is expected of a flag in an environment",
        params: Params,
        response: { 200: FlagTestsView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { key, environment } = request.params;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const flag = await mustRead(deps, ctx, key);
      const tests = await readTests(deps.db, flag.id, environment);
      const draftVersion = (await readDraft(deps.db, flag.id, environment))?.version ?? 0;
      etag(reply, draftVersion);
      return { environment, tests: [...tests], draftVersion };
    },
  );
  app.put(
    PATH,
    {
      config: { permission: "flag.edit" },
      schema: {
        summary: 'Write what is expected; `If-Match: "<draft version>"` guards it',
        params: Params,
        body: Type.Object({ tests: FlagTestsInput }, { additionalProperties: false }),
        response: { 200: FlagTestsView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { key, environment } = request.params;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const version = request.headers["if-match"] === undefined ? null : ifMatch(request);
      const { tests } = request.body;
      const edited = unwrap(await editTests(ctx, { key, environment, tests, version }));
      etag(reply, edited.version);
      return { environment, tests, draftVersion: edited.version };
    },
  );
}

function addRun(app: App, deps: FlagRouteDependencies): void {
  app.post(
    `${PATH}/run`,
    {
      config: { permission: "flag.read", idempotent: false },
      schema: {
        summary: "Try what is expected of the draft, of what is in force, or of what is sent",
        params: Params,
        body: Type.Optional(RunFlagTestsBody),
        response: { 200: FlagTestRunSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { workspaceId } = ctx;
      const { key, environment } = request.params;
      const { configuration: sent, tests: sentTests, of = "draft" } = request.body ?? {};
      await mustHaveEnvironment(deps, workspaceId, environment);
      const flag = await mustRead(deps, ctx, key);
      const draft = (await readDraft(deps.db, flag.id, environment))?.configuration ?? null;
      const latest = await readLatest(deps.db, flag.id, environment);
      const published = latest?.content?.configuration ?? null;
      const kept = of === "draft" ? (draft ?? published) : published;
      const configuration =
        sent === undefined ? kept : completeConfiguration(sent, kept, ctx.newId);
      if (configuration === null) throw notFound("configuration of this flag in the environment");
      const faults = configurationFaults(flag.variants, configuration);
      if (faults.length > 0) {
        unwrap({ ok: false, error: { kind: "invalid-configuration", faults } });
      }
      const tests = sentTests ?? (await readTests(deps.db, flag.id, environment));
      const wrong = flagTestFaults(flag.variants, tests.map(toFlagTest));
      if (wrong.length > 0) unwrap({ ok: false, error: { kind: "invalid-tests", faults: wrong } });
      const now = await deps.environmentNow(workspaceId, environment);
      const content = revisionContent(flag, environment, configuration);
      const results = await tryTests(deps.db, { workspaceId, content, tests, now });
      return {
        key,
        environment,
        passed: results.every(({ passed }) => passed),
        results: results.map((result) => ({ ...result, differences: [...result.differences] })),
      };
    },
  );
}

/** Registers the expectations that are kept with a flag. */
export function registerTestRoutes(app: App, deps: FlagRouteDependencies): void {
  addKept(app, deps);
  addRun(app, deps);
}
