import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";

import { SampleRemovalSchema, SampleSchema } from "../api.ts";
import type { SampleProcess } from "./sample.ts";

/** `GET` and `DELETE /api/v1/sample`. */
export function registerRoutes(app: App, sample: SampleProcess): void {
  app.get(
    "/api/v1/sample",
    {
      config: { permission: "workspace.read" },
      schema: {
        summary: "The synthetic sample data: how far it is, and what is really true of it",
        response: { 200: SampleSchema },
      },
    },
    (request) => sample.view(commandContext(request).workspaceId),
  );
  app.delete(
    "/api/v1/sample",
    {
      config: { permission: "sample.remove" },
      schema: {
        summary: "Remove the synthetic sample data; repeating it changes nothing",
        response: { 200: SampleRemovalSchema },
      },
    },
    (request) => sample.remove(commandContext(request)),
  );
}
