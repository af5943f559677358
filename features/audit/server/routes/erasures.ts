import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";

import { ErasedPersonal, ErasePersonal } from "../../api.ts";
import { erasePersonal } from "../commands/erase-personal.ts";

/** Erasure of personal values, which leaves every proof valid. */
export function registerErasureRoutes(app: App): void {
  app.post(
    "/api/v1/audit/erasures",
    {
      config: { permission: "audit.erase" },
      schema: {
        tags: ["audit"],
        summary: "Erase personal values for good; every proof stays valid",
        body: ErasePersonal,
        response: { 200: ErasedPersonal },
      },
    },
    async (request) => {
      const { fields, entries } = await erasePersonal(commandContext(request), request.body);
      return { fields, entries };
    },
  );
}
