import { Command } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { confirmed } from "./confirm.ts";
import { differenceLines, flagPath } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

interface PromoteOptions extends FlagOptions {
  readonly from: string;
  readonly to: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly newSalts: boolean;
  readonly keepExposure: boolean;
  readonly overwriteDraft: boolean;
  readonly ignoreFailingTests?: string;
}

function describe(answer: unknown): string {
  const { from, to } = {
    from: text(answer, "from", "environment"),
    to: text(answer, "to", "environment"),
  };
  const found = list(answer, "differences");
  const head = `${text(answer, "key")}: revision ${text(answer, "from", "revision")} of ${from} → ${to}, where revision ${text(answer, "to", "before")} is in force`;
  const warnings = list(answer, "warnings").map((warning) => `    warning: ${String(warning)}`);
  const same = found.length === 0 ? ["    nothing differs"] : [];
  return [head, ...differenceLines(found), ...same, ...warnings].join("\n");
}

/** `paceline flag promote <key> --from staging --to production`. */
export function promoteCommand(): Command {
  return withRemote(new Command("promote"))
    .description("publish in one environment what is in force in another: shows what differs, asks")
    .argument("<flag>", "flag key")
    .requiredOption("--from <key>", "environment to take it from")
    .requiredOption("--to <key>", "environment to publish it in")
    .option("--yes", "do not ask", false)
    .option("--dry-run", "show what differs only", false)
    .option("--keep-exposure", "rules that are in force there keep their exposure", false)
    .option("--new-salts", "give every unit a new bucket", false)
    .option("--overwrite-draft", "lose what is drafted there and not published", false)
    .option("--ignore-failing-tests <reason>", "publish although expectations fail; audited")
    .action(async (key: string, options: PromoteOptions) => {
      const { from, to, newSalts, keepExposure, overwriteDraft, ignoreFailingTests } = options;
      const body = { from, to, newSalts, keepExposure, overwriteDraft, ignoreFailingTests };
      const path = `${flagPath(key)}/promote`;
      const plan = await call(options, "POST", path, { ...body, dryRun: true });
      if (options.dryRun || list(plan, "differences").length === 0) {
        print(options.json, plan, describe(plan));
        return;
      }
      if (!options.yes) {
        console.error(describe(plan));
        if (!(await confirmed(`Publish in ${to}?`))) {
          throw new Failure("Nothing was changed.", EXIT.failed);
        }
      }
      const done = await call(options, "POST", path, body);
      const published = `Published in ${to} as revision ${text(done, "to", "revision")}.`;
      print(options.json, done, `${describe(done)}\n${published}`);
    });
}
