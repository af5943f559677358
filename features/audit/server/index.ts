export { appendAudit } from "./append-audit.ts";
export type { AuditReference } from "./append-audit.ts";
export type { AuditStatement } from "./build-leaf.ts";
export type { Json, JsonObject } from "@paceline/transparency-log";
