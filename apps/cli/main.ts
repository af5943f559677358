#!/usr/bin/env node
import { enableCompileCache } from "node:module";

import "@paceline/server/garbage-collection";
import "@paceline/server/thread-pool";
import { PostgresError } from "@paceline/postgres";
import { Command, CommanderError } from "commander";

import { EXIT, Failure } from "./outcome.ts";

enableCompileCache();

const EXIT_HELP = `
Exit codes: 0 done or intact, 1 refused, failed or tampered, 2 wrong use or unusable.
Settings come from flags, environment (PACELINE_*, DATABASE_URL) or a YAML file (PACELINE_CONFIG).`;

interface Entry {
  readonly name: string;
  readonly description: string;
  /** Loads the command only when it is used: each brings another part of the product with it. */
  readonly load: () => Promise<Command>;
}

function startCommand(): Command {
  return new Command("start")
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(async (_options, command: Command) => {
      const { main: startServer } = await import("@paceline/server/main");
      process.exitCode = await startServer(command.args);
    });
}

/** `import <file>` takes events, `import <vendor> <file>` flags. */
async function loadImport(): Promise<Command> {
  const command = (await import("./commands/events/import.ts")).importCommand();
  const { vendorImportCommands } = await import("./commands/flag-import.ts");
  for (const vendor of vendorImportCommands()) command.addCommand(vendor);
  // Both have `--dry-run` and more of one name: what stands behind a vendor is the vendor's.
  command.enablePositionalOptions();
  return command.helpCommand(false);
}

const COMMANDS: readonly Entry[] = [
  { name: "start", description: "start the server", load: async () => startCommand() },
  {
    name: "doctor",
    description: "check settings, disk, database, server and the export of telemetry",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  {
    name: "key",
    description: "API keys, on the machine of the data directory",
    load: async () => (await import("./commands/key.ts")).keyCommand(),
  },
  {
    name: "initiative",
    description: "proposals and their decisions",
    load: async () => (await import("./commands/initiative.ts")).initiativeCommand(),
  },
  {
    name: "flag",
    description: "make, publish, expose, explain and clean up feature flags",
    load: async () => (await import("./commands/flag.ts")).flagCommand(),
  },
  {
    name: "rollout",
    description: "staged rollouts: write, start, pause, approve, watch, roll back",
    load: async () => (await import("./commands/rollout.ts")).rolloutCommand(),
  },
  {
    name: "rollback",
    description: "take a flag back now; needs no approval",
    load: async () => (await import("./commands/flag.ts")).rollbackCommand(),
  },
  {
    name: "layer",
    description: "layers, whose rules never apply to the same unit: list, archive, restore",
    load: async () => (await import("./commands/layer.ts")).layerCommand(),
  },
  {
    name: "plan",
    description: "telemetry plans: what they break, and to and from files in git",
    load: async () => (await import("./commands/plan.ts")).planCommand(),
  },
  {
    name: "events",
    description: "watch, ask, import, export and compare events",
    load: async () => (await import("./commands/events.ts")).eventsCommand(),
  },
  {
    name: "import",
    description: "send recorded events through the intake, or move another vendor's flags in",
    load: loadImport,
  },
  {
    name: "audit",
    description: "check the audit log offline",
    load: async () => (await import("./commands/audit.ts")).auditCommand(),
  },
  {
    name: "backup",
    description: "write a backup while the server runs",
    load: async () => (await import("./commands/backup.ts")).backupCommand(),
  },
  {
    name: "restore",
    description: "restore a backup into an empty data directory",
    load: async () => (await import("./commands/backup.ts")).restoreCommand(),
  },
];

async function createProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command("paceline")
    .description(
      "Change control for martech teams: propose, decide, launch, watch, roll back, prove.",
    )
    .exitOverride()
    .showHelpAfterError()
    .enablePositionalOptions()
    .addHelpText("after", EXIT_HELP);
  for (const { name, description, load } of COMMANDS) {
    const command = name === wanted ? await load() : new Command(name);
    program.addCommand(withOverride(command.description(description)));
  }
  return program;
}

/** Subcommands do not inherit it when they are added ready-made. */
function withOverride(command: Command): Command {
  command.exitOverride().showHelpAfterError();
  for (const inner of command.commands) withOverride(inner);
  return command;
}

/**
 * Runs one command line.
 *
 * @param args  without the interpreter and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  process.exitCode = EXIT.done;
  try {
    const program = await createProgram(args.find((arg) => !arg.startsWith("-")));
    await program.parseAsync([...args], { from: "user" });
    return Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof Failure) {
      if (args.includes("--json"))
        console.log(JSON.stringify({ error: error.message, problem: error.document }));
      console.error(error.message);
      return error.exitCode;
    }
    if (error instanceof PostgresError) {
      console.error(error.message);
      return EXIT.failed;
    }
    throw error;
  }
}

/** A reader that has enough, such as `head`, ends the command quietly: there is nobody left to tell. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.done);
  });
}

if (import.meta.main) {
  endWithReader();
  process.exitCode = await main(process.argv.slice(2));
}
