import { Command } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { confirmed } from "./confirm.ts";
import { field, wholeNumber } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

interface StaleOptions extends FlagOptions {
  readonly days: string;
  readonly rule?: string;
  readonly exitCode: boolean;
}

const RULES = "expired, constant, unevaluated, unpublished or concluded";

function describe(item: unknown): string {
  const reasons = list(item, "reasons").map((reason) => `    ${text(reason, "words")}`);
  const proposal = text(item, "proposal", "words");
  return [`${text(item, "key")} (${text(item, "kind")})`, ...reasons, `    → ${proposal}`].join(
    "\n",
  );
}

/** `paceline flag stale`: flags that nobody seems to need any more. */
export function staleCommand(): Command {
  return withRemote(new Command("stale"))
    .description("flags that nobody seems to need any more, why, and what is safe to do")
    .option("--days <n>", "of rest", "30")
    .option("--rule <name>", `only ${RULES}`)
    .option("--exit-code", "exit 1 if there is one", false)
    .action(async (options: StaleOptions) => {
      const rule = options.rule === undefined ? "" : `&rule=${encodeURIComponent(options.rule)}`;
      const path = `/api/v1/stale-flags?days=${wholeNumber(options.days, "--days")}${rule}`;
      const answer = await call(options, "GET", path);
      const items = list(answer, "items");
      const may = items.filter((item) => text(item, "proposal", "action") === "archive").length;
      const summary =
        items.length === 0
          ? "No flag is stale."
          : `${items.length} flags are stale, ${may} of them may be archived: paceline flag clean-up`;
      print(options.json, answer, [...items.map(describe), summary].join("\n"));
      if (options.exitCode && items.length > 0) process.exitCode = EXIT.failed;
    });
}

interface CleanUpOptions extends FlagOptions {
  readonly days: string;
  readonly rule?: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly ignoreReferences: boolean;
  readonly mark: boolean;
}

function report(answer: unknown): string {
  const done = field(answer, "dryRun") === true ? "would be archived" : "archived";
  const archived = list(answer, "archived").flatMap((one) => [
    `${text(one, "key")}: ${done}`,
    ...list(one, "reasons").map((reason) => `    ${String(reason)}`),
  ]);
  const refused = list(answer, "refused").map(
    (one) => `${text(one, "key")}: stays. ${text(one, "detail")}`,
  );
  const marked = list(answer, "marked").map(
    (one) => `${text(one, "key")}: to be cleaned up. ${text(one, "detail")}`,
  );
  const summary = `${list(answer, "archived").length} ${done}, ${marked.length} to be cleaned up first, ${refused.length} stay.`;
  return [...archived, ...marked, ...refused, summary].join("\n");
}

/** `paceline flag clean-up [keys…]`: archives what nobody needs. */
export function cleanUpCommand(): Command {
  return withRemote(new Command("clean-up"))
    .description("archive stale flags; exit 1 if one that was named must stay")
    .argument("[flags...]", "flag keys; without them, every one that may be archived")
    .option("--days <n>", "of rest", "30")
    .option("--rule <name>", `only ${RULES}`)
    .option("--ignore-references", "also what code names, or of which that is not known", false)
    .option("--mark", "also move to clean-up what code still names", false)
    .option("--dry-run", "show the report only", false)
    .option("--yes", "do not ask", false)
    .action(async (keys: readonly string[], options: CleanUpOptions) => {
      const body = {
        ...(keys.length === 0 ? {} : { keys }),
        days: wholeNumber(options.days, "--days"),
        rule: options.rule,
        ignoreReferences: options.ignoreReferences,
        mark: options.mark,
      };
      const path = "/api/v1/stale-flags/clean-up";
      const plan = await call(options, "POST", path, { ...body, dryRun: true });
      const chosen = list(plan, "archived").length + list(plan, "marked").length;
      let answer = plan;
      if (!options.dryRun && chosen > 0) {
        if (!options.yes) {
          console.error(report(plan));
          if (!(await confirmed(`Archive or mark ${chosen} flags?`))) {
            throw new Failure("Nothing was changed.", EXIT.failed);
          }
        }
        answer = await call(options, "POST", path, body);
      }
      print(options.json, answer, report(answer));
      if (keys.length > 0 && list(answer, "refused").length > 0) process.exitCode = EXIT.failed;
    });
}
