import type { App } from "@paceline/http";

import type { AuditDeps } from "./deps.ts";
import { registerEntryRoutes } from "./routes/entries.ts";
import { registerErasureRoutes } from "./routes/erasures.ts";
import { registerLogRoutes } from "./routes/log.ts";

/** Registers the routes of the audit log below `/api/v1/audit`. */
export function registerRoutes(app: App, deps: AuditDeps): void {
  registerEntryRoutes(app, deps);
  registerLogRoutes(app, deps);
  registerErasureRoutes(app);
}
