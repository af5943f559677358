import type { App } from "@paceline/http";

import { addCrossOrigin } from "./cross-origin.ts";
import type { CrossOrigin } from "./cross-origin.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { registerStreamReports } from "./stream-reports.ts";
import { registerStreamRoutes } from "./stream-routes.ts";

const PATHS = ["stream", "values", "acknowledgements", "exposures", "parity"];

const CROSS_ORIGIN: CrossOrigin = {
  paths: PATHS.map((path) => `/flags/v1/${path}`),
  methods: "GET, POST, OPTIONS",
  headers: "Authorization, Content-Type, Last-Event-ID, X-API-Key",
  exposed: "Retry-After",
};

/** Registers what our SDKs use, below `/flags/v1`. */
export function registerSdkRoutes(app: App, deps: FlagRouteDependencies): void {
  void app.register(async (scope: App) => {
    addCrossOrigin(scope, CROSS_ORIGIN);
    registerStreamRoutes(scope, deps);
    registerStreamReports(scope, deps);
  });
}
