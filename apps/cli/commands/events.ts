import { Command } from "commander";

import { adoptCommand } from "./events/adopt.ts";
import { eraseCommand, erasuresCommand } from "./events/erase.ts";
import { exportCommand } from "./events/export.ts";
import { importCommand } from "./events/import.ts";
import { parityCommand } from "./events/parity.ts";
import { queryCommand } from "./events/query.ts";
import { retainCommand } from "./events/retain.ts";
import { tailCommand } from "./events/tail.ts";

/** `paceline events tail|query|import|export|parity|erase|erasures|retain|adopt`. */
export function eventsCommand(): Command {
  return new Command("events")
    .description("events: watch, ask, import, export, compare, erase, keep")
    .addCommand(tailCommand())
    .addCommand(queryCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(parityCommand())
    .addCommand(eraseCommand())
    .addCommand(erasuresCommand())
    .addCommand(retainCommand())
    .addCommand(adoptCommand());
}
