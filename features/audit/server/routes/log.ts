import { commandContext, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import { parseTilePath } from "@paceline/transparency-log";
import { Type } from "typebox";

import {
  AuditCheckpoint,
  AuditConsistency,
  AuditVerification,
  ConsistencyQuery,
} from "../../api.ts";
import { logOf } from "../deps.ts";
import type { AuditDeps } from "../deps.ts";
import { answerCheckpoint, answerConsistency, answerVerification } from "../log-answers.ts";
import { verifyAudit } from "../verify-audit.ts";

const TAGS = ["audit"];

/** The log as such: checkpoint, growth, verification, and its files. */
export function registerLogRoutes(app: App, deps: AuditDeps): void {
  app.get(
    "/api/v1/audit/checkpoint",
    {
      config: { permission: "audit.read" },
      schema: { tags: TAGS, summary: "The latest checkpoint", response: { 200: AuditCheckpoint } },
    },
    async (request) => answerCheckpoint(logOf(deps, commandContext(request).workspaceId)),
  );
  app.get(
    "/api/v1/audit/consistency",
    {
      config: { permission: "audit.read" },
      schema: {
        tags: TAGS,
        summary: "Proof that an earlier tree of the log grew into a later one",
        querystring: ConsistencyQuery,
        response: { 200: AuditConsistency },
      },
    },
    async (request) => {
      const { from, to } = request.query;
      return answerConsistency(logOf(deps, commandContext(request).workspaceId), from, to ?? null);
    },
  );
  app.post(
    "/api/v1/audit/verifications",
    {
      config: { permission: "audit.verify", idempotent: false },
      schema: {
        tags: TAGS,
        summary: "Verify the whole log: signature, files, rows of the database",
        response: { 200: AuditVerification },
      },
    },
    async (request) => {
      const { db, workspaceId, now } = commandContext(request);
      const { auditFolder } = deps;
      const { logs } = await verifyAudit({ auditFolder, db, workspaceId });
      const [log] = logs;
      if (log === undefined) throw notFound("audit log");
      return answerVerification(log.verdict, now);
    },
  );
  registerLogFiles(app, deps);
}

/** The files of the log below the prefix `/api/v1/audit/log`, as C2SP tlog-tiles names them. */
function registerLogFiles(app: App, deps: AuditDeps): void {
  app.get(
    "/api/v1/audit/log/*",
    {
      config: { permission: "audit.read" },
      schema: {
        tags: TAGS,
        summary: "A file of the log: checkpoint, tile/<level>/<index>, tile/entries/<index>",
        params: Type.Object({ "*": Type.String({ maxLength: 100 }) }),
        produces: ["application/octet-stream", "text/plain"],
      },
    },
    async (request, reply) => {
      const { workspaceId } = commandContext(request);
      const path = request.params["*"];
      const resource = parseTilePath(path);
      const bytes = resource === null ? null : await logOf(deps, workspaceId).read(path);
      if (resource === null || bytes === null) throw notFound("file of the log");
      const isCheckpoint = resource.kind === "checkpoint";
      return reply
        .header(
          "content-type",
          isCheckpoint ? "text/plain; charset=utf-8" : "application/octet-stream",
        )
        .header("cache-control", isCheckpoint ? "no-store" : "private, max-age=31536000, immutable")
        .send(Buffer.from(bytes));
    },
  );
}
