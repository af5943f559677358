import { Command } from "commander";

import { exportCommand } from "./events/export.ts";
import { importCommand } from "./events/import.ts";
import { parityCommand } from "./events/parity.ts";
import { queryCommand } from "./events/query.ts";
import { tailCommand } from "./events/tail.ts";

/** `paceline events tail|query|import|export|parity`. */
export function eventsCommand(): Command {
  return new Command("events")
    .description("events: watch, ask, import, export, compare")
    .addCommand(tailCommand())
    .addCommand(queryCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(parityCommand());
}
