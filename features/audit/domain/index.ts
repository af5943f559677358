export type { AuditSubject } from "./entry.ts";
