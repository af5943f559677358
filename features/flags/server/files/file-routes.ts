import { commandContext, problem } from "@paceline/http";
import type { App } from "@paceline/http";

import {
  editorSchema,
  FlagFilesQuery,
  FlagFilesSchema,
  PushFlagsBody,
  PushFlagsSchema,
} from "../../flag-file-api.ts";
import type { PushFlagsView } from "../../flag-file-api.ts";
import { pushFlags } from "../commands/push-flags.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { listFlagRows } from "../repository.ts";
import { mustHaveEnvironment } from "../route-guards.ts";
import { readFiles } from "./read-files.ts";

const PAGE = 200;
const PUSH_BYTES = 64 * 1024 * 1024;

function addPull(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flag-files",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Flags as they are in force, the way files in git say them",
        querystring: FlagFilesQuery,
        response: { 200: FlagFilesSchema },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { after = "", limit = PAGE } = request.query;
      const rows = await listFlagRows(deps.db, workspaceId);
      const behind = rows.filter(({ flag }) => flag.key > after);
      const page = behind.slice(0, limit);
      const items = await readFiles(
        deps.db,
        page.map(({ flag }) => flag),
      );
      const last = page.at(-1)?.flag.key ?? null;
      return {
        items: items.map(({ file, definition, revisions }) => ({
          file,
          definition,
          revisions: { ...revisions },
        })),
        next: behind.length > limit ? last : null,
      };
    },
  );
  app.get(
    "/schemas/flag.schema.json",
    {
      config: { permission: "public" },
      schema: {
        tags: ["flags"],
        summary: "JSON Schema of a flag's file, for editors",
        description: "Open to everybody: it says nothing of any workspace.",
      },
    },
    async (_request, reply) =>
      reply
        .header("content-type", "application/schema+json; charset=utf-8")
        .header("access-control-allow-origin", "*")
        .send(JSON.stringify(editorSchema())),
  );
}

function addPush(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flag-files/push",
    {
      config: { permission: "flag.publish" },
      bodyLimit: PUSH_BYTES,
      schema: {
        summary: "Bring flags from files to environments; all of them or none",
        body: PushFlagsBody,
        response: { 200: PushFlagsSchema },
      },
    },
    async (request): Promise<PushFlagsView> => {
      const ctx = commandContext(request);
      const { dryRun = false } = request.body;
      for (const environment of request.body.environments) {
        await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      }
      const pushed = await pushFlags(deps.door, ctx, request.body);
      const environments = [...(pushed.ok ? pushed.value : pushed.error).environments];
      const refusals = environments.flatMap(({ environment, refusals: refused }) =>
        refused.map((refusal) => ({ environment, ...refusal })),
      );
      if (refusals.length > 0 && !dryRun) {
        const words = refusals.map(
          ({ environment, key, detail }) => `${key} in ${environment}: ${detail}`,
        );
        throw problem({
          name: "flag-push-refused",
          title: "The flags were not pushed",
          status: 409,
          detail: `${words.join(" ")} Nothing was changed.`,
          extensions: { refusals },
        });
      }
      if (pushed.ok) await deps.flagSets.refreshAll().catch(deps.onError);
      return { dryRun, environments };
    },
  );
}

/** Registers flags as files: pull, push, and the schema for editors. */
export function registerFileRoutes(app: App, deps: FlagRouteDependencies): void {
  addPull(app, deps);
  addPush(app, deps);
}
