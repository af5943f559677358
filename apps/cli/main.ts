#!/usr/bin/env node
import { PostgresError } from "@paceline/postgres";
import { main as startServer } from "@paceline/server/main";
import { Command, CommanderError } from "commander";

import { auditCommand } from "./commands/audit.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { flagCommand, rollbackCommand } from "./commands/flag.ts";
import { importCommand } from "./commands/import.ts";
import { initiativeCommand } from "./commands/initiative.ts";
import { keyCommand } from "./commands/key.ts";
import { EXIT, Failure } from "./outcome.ts";

const EXIT_HELP = `
Exit codes: 0 done or intact, 1 refused, failed or tampered, 2 wrong use or unusable.
Settings come from flags, environment (PACELINE_*, DATABASE_URL) or a YAML file (PACELINE_CONFIG).`;

function createProgram(): Command {
  const program = new Command("paceline")
    .description(
      "Change control for martech teams: propose, decide, launch, watch, roll back, prove.",
    )
    .exitOverride()
    .showHelpAfterError()
    .addHelpText("after", EXIT_HELP);
  const commands = [
    new Command("start")
      .description("start the server (`paceline start --help` lists its settings)")
      .allowUnknownOption()
      .allowExcessArguments()
      .helpOption(false)
      .action(async (_options, command: Command) => {
        process.exitCode = await startServer(command.args);
      }),
    doctorCommand(),
    keyCommand(),
    initiativeCommand(),
    flagCommand(),
    rollbackCommand(),
    importCommand(),
    auditCommand(),
    backupCommand(),
    restoreCommand(),
  ];
  for (const command of commands) program.addCommand(withOverride(command));
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
    await createProgram().parseAsync([...args], { from: "user" });
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

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
