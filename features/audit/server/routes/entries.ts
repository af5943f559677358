import { Readable } from "node:stream";

import { formatRow } from "@paceline/audit-verifier";
import type { AuditRow } from "@paceline/audit-verifier";
import { commandContext, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import { isUuid } from "@paceline/identifiers";
import { Type } from "typebox";

import { AuditPage, AuditQuery, ExportQuery, ProvenAuditEntry } from "../../api.ts";
import { logOf } from "../deps.ts";
import type { AuditDeps } from "../deps.ts";
import { answerProof, coveredSize } from "../log-answers.ts";
import { readRows } from "../rows.ts";
import { proveEntry } from "../verify-audit.ts";
import { viewEntries, viewEntry } from "../views.ts";

const TAGS = ["audit"];

/** Entries: the list, one with its proof, and the export. */
export function registerEntryRoutes(app: App, deps: AuditDeps): void {
  app.get(
    "/api/v1/audit/entries",
    {
      config: { permission: "audit.read" },
      schema: {
        tags: TAGS,
        summary: "Audit entries, newest first",
        querystring: AuditQuery,
        response: { 200: AuditPage },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return viewEntries(db, workspaceId, request.query);
    },
  );
  app.get(
    "/api/v1/audit/entries/:entry",
    {
      config: { permission: "audit.read" },
      schema: {
        tags: TAGS,
        summary: "One entry by its index or id, with its inclusion proof",
        params: Type.Object({
          entry: Type.String({ pattern: "^([0-9]{1,15}|[0-9a-f-]{36})$" }),
        }),
        response: { 200: ProvenAuditEntry },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const { entry: name } = request.params;
      const isIndex = /^\d+$/.test(name);
      if (!isIndex && !isUuid(name)) throw notFound("audit entry");
      const key = isIndex ? { index: Number(name) } : { id: name };
      const entry = await viewEntry(db, workspaceId, key);
      if (entry === null) throw notFound("audit entry");
      const log = logOf(deps, workspaceId);
      if (entry.index === null || entry.index >= (await coveredSize(log)))
        return { entry, proof: null };
      const { auditFolder } = deps;
      const { verdict } = await proveEntry({ auditFolder, db, workspaceId, entry: entry.index });
      return { entry, proof: answerProof(verdict, log.key) };
    },
  );
  registerExport(app);
}

function registerExport(app: App): void {
  app.get(
    "/api/v1/audit/export",
    {
      config: { permission: "audit.read" },
      schema: {
        tags: TAGS,
        summary: "The rows of the log as NDJSON, oldest first, for archives and verifiers",
        querystring: ExportQuery,
        produces: ["application/x-ndjson"],
      },
    },
    async (request, reply) => {
      const { db, workspaceId } = commandContext(request);
      const { from = 0, personal = false } = request.query;
      const rows = readRows(db, workspaceId, from, personal);
      return reply
        .header("content-type", "application/x-ndjson; charset=utf-8")
        .header("content-disposition", 'attachment; filename="audit-export.ndjson"')
        .send(Readable.from(linesOf(rows)));
    },
  );
}

async function* linesOf(rows: AsyncIterable<AuditRow>): AsyncGenerator<string, void, undefined> {
  for await (const row of rows) yield `${formatRow(row)}\n`;
}
