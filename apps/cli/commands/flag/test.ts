import { Command } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { chosenKeys, field, flagPath, placePath } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

interface TestOptions extends FlagOptions {
  readonly environment?: string;
  readonly published: boolean;
}

/** Where a flag is drafted or in force. */
async function environmentsOf(options: TestOptions, key: string): Promise<readonly string[]> {
  if (options.environment !== undefined) return [options.environment];
  const detail = await call(options, "GET", flagPath(key));
  return list(detail, "environments")
    .filter((one) => !options.published || field(one, "published") !== null)
    .map((one) => text(one, "environment"));
}

async function runTests(options: TestOptions, key: string): Promise<readonly unknown[]> {
  const runs: unknown[] = [];
  const of = options.published ? "published" : "draft";
  for (const environment of await environmentsOf(options, key)) {
    const path = `${placePath(key, environment)}/tests/run`;
    const run = await call(options, "POST", path, { of });
    if (list(run, "results").length > 0) runs.push(run);
  }
  return runs;
}

function describe(run: unknown): string {
  const place = `${text(run, "key")} in ${text(run, "environment")}`;
  return list(run, "results")
    .flatMap((result) => {
      const passed = field(result, "passed") === true;
      const line = `${passed ? "ok  " : "FAIL"} ${place}: ${text(result, "name")}`;
      if (passed) return [line];
      const unit = field(result, "madeUpUnit");
      const reason = text(result, "got", "reason");
      return [
        line,
        ...list(result, "differences").map((difference) => `     ${String(difference)}`),
        `     reason ${reason}${typeof unit === "string" ? `, unit ${unit}` : ""}`,
      ];
    })
    .join("\n");
}

/** `paceline flag test [keys…]`: tries what is expected of flags. */
export function testCommand(): Command {
  return withRemote(new Command("test"))
    .description("try the expectations that are kept with flags; exit 1 if one fails")
    .argument("[flags...]", "flag keys; every flag without them")
    .option("--environment <key>", "only there; everywhere without it")
    .option("--published", "try what is in force instead of the drafts", false)
    .action(async (keys: readonly string[], options: TestOptions) => {
      const runs: unknown[] = [];
      for (const key of await chosenKeys(options, keys)) {
        runs.push(...(await runTests(options, key)));
      }
      const results = runs.flatMap((run) => list(run, "results"));
      if (keys.length > 0 && results.length === 0) {
        throw new Failure("No expectation is kept with these flags.", EXIT.failed);
      }
      const failed = results.filter((result) => field(result, "passed") !== true).length;
      const summary = `${results.length - failed} of ${results.length} expectations hold.`;
      const shown = [...runs.map(describe), summary].join("\n");
      print(options.json, { passed: failed === 0, failed, total: results.length, runs }, shown);
      if (failed > 0) process.exitCode = EXIT.failed;
    });
}
