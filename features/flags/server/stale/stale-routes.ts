import { commandContext, problem } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { FlagKey } from "../../api.ts";
import {
  CodeReferencesBody,
  CodeScanSchema,
  FlagReferencesSchema,
  StaleFlagsQuery,
  StaleFlagsSchema,
} from "../../stale-api.ts";
import type { StaleFlagView } from "../../stale-api.ts";
import { keepReferences } from "../commands/keep-references.ts";
import type { FlagRouteDependencies } from "../dependencies.ts";
import { readReferences, readReferencesOf, readScans } from "../references/reference-repository.ts";
import { mustRead } from "../route-guards.ts";
import { readStale } from "./read-stale.ts";
import type { FoundStale } from "./read-stale.ts";
import { readUsage } from "./usage-repository.ts";
import { ALL_FLAGS } from "./usage.ts";

export const USUAL_STALE_DAYS = 30;
const SCAN_BYTES = 32 * 1024 * 1024;

export function staleView({ flag, reasons, proposal, candidate }: FoundStale): StaleFlagView {
  const last = candidate.environments.flatMap(({ lastEvaluatedAt }) => lastEvaluatedAt ?? []);
  const newest = last.toSorted((a, b) => b.getTime() - a.getTime())[0];
  return {
    key: flag.key,
    kind: flag.kind,
    lifecycle: flag.lifecycle,
    owner: flag.owner,
    reasons: reasons.map((one) => ({ ...one, since: one.since.toISOString() })),
    proposal,
    references: candidate.references?.places ?? null,
    lastEvaluatedAt: newest?.toISOString() ?? null,
  };
}

function addStale(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/stale-flags",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Flags that nobody seems to need any more, why, and what is safe to do",
        querystring: StaleFlagsQuery,
        response: { 200: StaleFlagsSchema },
      },
    },
    async (request) => {
      const { workspaceId, now } = commandContext(request);
      const { days = USUAL_STALE_DAYS, rule, key } = request.query;
      const found = await readStale(deps, workspaceId, now, days);
      const items = found
        .filter(({ flag }) => key === undefined || flag.key === key)
        .filter(({ reasons }) => rule === undefined || reasons.some((one) => one.rule === rule));
      return { days, items: items.map(staleView) };
    },
  );
}

function addReferences(app: App, deps: FlagRouteDependencies): void {
  app.put(
    "/api/v1/code-references",
    {
      config: { permission: "flag.edit" },
      bodyLimit: SCAN_BYTES,
      schema: {
        summary: "Keep what a scan of a repository found, in place of the branch's earlier scan",
        body: CodeReferencesBody,
        response: { 200: Type.Object({ flags: Type.Integer() }) },
      },
    },
    async (request) => {
      const kept = await keepReferences(commandContext(request), request.body);
      if (kept.ok) return kept.value;
      throw problem({
        name: "flag-named-twice",
        title: "A flag is named twice",
        status: 422,
        detail: `Flag "${kept.error.key}" has two entries. Send one with all its places. Nothing was changed.`,
      });
    },
  );
  app.get(
    "/api/v1/code-references",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "The scans of code that are kept",
        response: { 200: Type.Object({ items: Type.Array(CodeScanSchema) }) },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const references = await readReferences(deps.db, workspaceId);
      const scans = await readScans(deps.db, workspaceId);
      return {
        items: scans.map((scan) => {
          const own = references.filter(
            ({ repository, branch }) => repository === scan.repository && branch === scan.branch,
          );
          const places = own.reduce((sum, one) => sum + one.places, 0);
          const { scannedAt, ...rest } = scan;
          return { ...rest, flags: own.length, places, scannedAt: scannedAt.toISOString() };
        }),
      };
    },
  );
}

function addReferencesOf(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags/:key/references",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Where code names a flag, and when it was last asked for",
        params: Type.Object({ key: FlagKey }),
        response: { 200: FlagReferencesSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { workspaceId } = ctx;
      const { key } = await mustRead(deps, ctx, request.params.key);
      const own = await readReferencesOf(deps.db, workspaceId, key);
      const scans = await readScans(deps.db, workspaceId);
      const usage = await readUsage(deps.db, workspaceId);
      const environments = [...new Set(usage.map(({ environment }) => environment))].toSorted();
      return {
        key,
        usage: environments.map((environment) => {
          const rows = usage.filter((row) => row.environment === environment);
          const lastOf = (name: string): string | null =>
            rows.find(({ flagKey }) => flagKey === name)?.lastAt.toISOString() ?? null;
          const [first] = rows.map(({ firstAt }) => firstAt.toISOString()).toSorted();
          return {
            environment,
            lastEvaluatedAt: lastOf(key),
            allEvaluatedAt: lastOf(ALL_FLAGS),
            notedSince: first ?? null,
          };
        }),
        scans: scans.map(({ repository, branch, commit, scannedAt }) => {
          const found = own.find((one) => one.repository === repository && one.branch === branch);
          return {
            repository,
            branch,
            commit,
            scannedAt: scannedAt.toISOString(),
            places: found?.places ?? 0,
            examples: found?.examples ?? [],
          };
        }),
      };
    },
  );
}

/** Registers what is known of flags that nobody needs, and of the code that names flags. */
export function registerStaleRoutes(app: App, deps: FlagRouteDependencies): void {
  addStale(app, deps);
  addReferences(app, deps);
  addReferencesOf(app, deps);
}
