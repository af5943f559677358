import { Command } from "commander";

import { EXIT, print } from "../outcome.ts";
import { call, list, text, withRemote } from "../remote.ts";
import type { Remote } from "../remote.ts";
import { flagImportCommand } from "./flag-import.ts";
import { createCommand, exposeCommand, markCommand, revertCommand } from "./flag/change.ts";
import { compareCommand } from "./flag/compare.ts";
import { evalCommand } from "./flag/eval.ts";
import { diffCommand, pullCommand, pushCommand } from "./flag/files.ts";
import { diffRevisionsCommand, historyCommand } from "./flag/history.ts";
import { listCommand, receiptsCommand, showCommand } from "./flag/list.ts";
import { promoteCommand } from "./flag/promote.ts";
import { referencesCommand } from "./flag/references.ts";
import { cleanUpCommand, staleCommand } from "./flag/stale.ts";
import { testCommand } from "./flag/test.ts";
import { readDocument } from "./initiative.ts";

interface Options extends Remote {
  readonly json: boolean;
  readonly environment: string;
}

interface PublishOptions extends Options {
  readonly file?: string;
  readonly ignoreFailingTests?: string;
}

function publish(): Command {
  return withRemote(new Command("publish"))
    .description("publish the draft of an environment as a new revision")
    .argument("<flag>", "flag key")
    .requiredOption("--environment <key>", "environment")
    .option("--file <file>", "YAML or JSON configuration to draft first")
    .option("--ignore-failing-tests <reason>", "publish although expectations fail; audited")
    .action(async (key: string, options: PublishOptions) => {
      const place = `/api/v1/flags/${encodeURIComponent(key)}/environments/${encodeURIComponent(options.environment)}`;
      if (options.file !== undefined)
        await call(options, "PUT", place, await readDocument(options.file));
      const published = await call(options, "POST", `${place}/publish`, {
        ignoreFailingTests: options.ignoreFailingTests,
      });
      print(
        options.json,
        published,
        `Published as revision ${text(published, "revision")} (${text(published, "digest")}).`,
      );
    });
}

/** `paceline flag`: each part in a file of its own. */
export function flagCommand(): Command {
  return new Command("flag")
    .description("make, publish, expose, explain and clean up feature flags")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(evalCommand())
    .addCommand(publish())
    .addCommand(exposeCommand())
    .addCommand(revertCommand())
    .addCommand(receiptsCommand())
    .addCommand(markCommand())
    .addCommand(compareCommand())
    .addCommand(testCommand())
    .addCommand(pullCommand())
    .addCommand(pushCommand())
    .addCommand(diffCommand())
    .addCommand(promoteCommand())
    .addCommand(historyCommand())
    .addCommand(diffRevisionsCommand())
    .addCommand(staleCommand())
    .addCommand(referencesCommand())
    .addCommand(cleanUpCommand())
    .addCommand(flagImportCommand());
}

interface RollbackOptions extends Options {
  readonly reason: string;
  readonly rehearse?: true;
  readonly now?: true;
}

async function rehearse(path: string, options: RollbackOptions): Promise<void> {
  const report = await call(options, "POST", `${path}/rehearsals`);
  const verdict = text(report, "verdict");
  print(
    options.json,
    report,
    `${verdict}: ${text(report, "reason")} Audit entry ${text(report, "auditEntry")}.`,
  );
  if (verdict !== "passed") process.exitCode = EXIT.failed;
}

/** `paceline rollback <flag>`: the way back, without anybody's approval. */
export function rollbackCommand(): Command {
  return withRemote(new Command("rollback"))
    .description("take a flag back to its rollback target; needs no approval")
    .argument("<flag>", "flag key")
    .requiredOption("--environment <key>", "environment")
    .option("--reason <text>", "why; kept in the audit log", "rolled back from the command line")
    .option("--now", "at once, also where the way back goes down step by step")
    .option(
      "--rehearse",
      "on a shadow flag that no code reads: measures the way back, changes nothing",
    )
    .action(async (key: string, options: RollbackOptions) => {
      const path = `/api/v1/environments/${encodeURIComponent(options.environment)}/flags/${encodeURIComponent(key)}/rollback`;
      if (options.rehearse === true) return rehearse(path, options);
      const pace = options.now === true ? { pace: "instant" } : {};
      const done = await call(options, "POST", path, { reason: options.reason, ...pace });
      if (typeof Reflect.get(Object(done), "rolloutId") === "string") {
        const hint = `Watch it with paceline rollout watch ${key}; --now takes the flag back at once.`;
        const words = `Going back step by step, to the target at ${text(done, "endsAt")}. ${hint}`;
        print(options.json, done, words);
        return;
      }
      const failing = list(done, "failingTests").map(String);
      const tests = failing.length === 0 ? "" : ` Tests that fail now: ${failing.join(", ")}.`;
      print(
        options.json,
        done,
        `Rolled back: revision ${text(done, "fromRevision")} → ${text(done, "toRevision")}, served after ${text(done, "effectMs")} ms. Audit entry ${text(done, "auditEntry")}.${tests}`,
      );
    });
}
