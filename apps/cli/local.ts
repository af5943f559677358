import type { CommandContext } from "@paceline/command";
import type { Config } from "@paceline/server/config";
import { loadConfig } from "@paceline/server/load-config";
import { serviceContext } from "@paceline/server/service-context";
import type { ControlStore } from "@paceline/server/stores";
import type { Command } from "commander";

import { EXIT, Failure } from "./outcome.ts";

/** Options of every command that works on the data directory of this machine. */
export function withLocal(command: Command): Command {
  return command
    .option("--data-dir <folder>", "data directory (PACELINE_DATA_DIR)")
    .option("--database-url <url>", "outside PostgreSQL (DATABASE_URL)")
    .option("--config <file>", "YAML file with settings (PACELINE_CONFIG)")
    .option("--json", "print one JSON document", false);
}

export interface LocalOptions {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly json: boolean;
}

/** The configuration that the server would use with the same options. */
export function configOf(options: LocalOptions): Config {
  const config = loadConfig({
    "data-dir": options.dataDir,
    "database-url": options.databaseUrl,
    config: options.config,
  });
  if (config === null) throw new Failure("The settings cannot be used; see above.", EXIT.usage);
  return config;
}

/**
 * Opens the control store of this machine, beside a running server or without one. An embedded
 * PostgreSQL that runs already is used and left running.
 */
export async function withStore<T>(
  config: Config,
  use: (store: ControlStore) => Promise<T>,
): Promise<T> {
  // Loaded here: commands that ask the server, and every help, start in a third of the time without it.
  const [{ openControlStore }, { createLogger }] = await Promise.all([
    import("@paceline/server/stores"),
    import("@paceline/server/logger"),
  ]);
  const store = await openControlStore(config, createLogger("error"), "if-started-here");
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Acts as the operator of this machine in the installation's first workspace. */
export async function operatorContext({ db }: ControlStore): Promise<CommandContext> {
  // Loaded here: commands that need no workspace start faster without it.
  const { findFirstWorkspace } = await import("@paceline/access/server");
  const workspace = await findFirstWorkspace(db);
  if (workspace === null) {
    throw new Failure(
      "There is no workspace yet: start the server and open its one-time link first.",
    );
  }
  return serviceContext(db, { now: () => new Date() }, "command line", workspace.id);
}
