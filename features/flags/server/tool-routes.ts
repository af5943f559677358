import type { App } from "@paceline/http";

import { registerCompareRoutes } from "./compare/compare-routes.ts";
import { registerContextRoutes } from "./contexts/context-routes.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { registerFileRoutes } from "./files/file-routes.ts";
import { registerCleanUpRoutes } from "./stale/clean-up-routes.ts";
import { registerStaleRoutes } from "./stale/stale-routes.ts";
import { registerTestRoutes } from "./tests/test-routes.ts";

/** Registers what helps people to change flags safely and to get rid of them. */
export function registerToolRoutes(app: App, deps: FlagRouteDependencies): void {
  registerContextRoutes(app, deps);
  registerCompareRoutes(app, deps);
  registerTestRoutes(app, deps);
  registerStaleRoutes(app, deps);
  registerFileRoutes(app, deps);
  registerCleanUpRoutes(app, deps);
}
