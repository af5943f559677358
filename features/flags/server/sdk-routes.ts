import type { App } from "@paceline/http";

import type { FlagRouteDependencies } from "./dependencies.ts";
import { registerStreamReports } from "./stream-reports.ts";
import { registerStreamRoutes } from "./stream-routes.ts";

const PATHS = ["stream", "values", "acknowledgements", "exposures", "parity"];

/** Pages of any origin may call these: a key says what they may, and no cookie counts. */
function addCrossOrigin(app: App): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    void reply.header("access-control-allow-origin", "*");
    void reply.header("access-control-expose-headers", "Retry-After");
    done(null, payload);
  });
  for (const path of PATHS) {
    app.options(
      `/flags/v1/${path}`,
      { config: { permission: "public" }, schema: { hide: true } },
      async (_request, reply) =>
        reply
          .status(204)
          .header("access-control-allow-methods", "GET, POST, OPTIONS")
          .header(
            "access-control-allow-headers",
            "Authorization, Content-Type, Last-Event-ID, X-API-Key",
          )
          .header("access-control-max-age", "7200")
          .send(),
    );
  }
}

/** Registers what our SDKs use, below `/flags/v1`. */
export function registerSdkRoutes(app: App, deps: FlagRouteDependencies): void {
  void app.register(async (scope: App) => {
    addCrossOrigin(scope);
    registerStreamRoutes(scope, deps);
    registerStreamReports(scope, deps);
  });
}
