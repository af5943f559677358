import type { App } from "@paceline/http";

import type { AccessRouteDeps } from "./deps.ts";
import { registerKeyRoutes } from "./routes/keys.ts";
import { registerMemberRoutes } from "./routes/members.ts";
import { registerSessionRoutes } from "./routes/session.ts";
import { registerWorkspaceRoutes } from "./routes/workspace.ts";

/** Sign-in, first run, workspace, members, environments and API keys, below `/api/v1`. */
export function registerRoutes(app: App, deps: AccessRouteDeps): void {
  registerSessionRoutes(app, deps);
  registerWorkspaceRoutes(app, deps);
  registerMemberRoutes(app);
  registerKeyRoutes(app);
}
