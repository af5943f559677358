export { isActionName, isKindName } from "./entry.ts";
export type { AuditSubject } from "./entry.ts";
