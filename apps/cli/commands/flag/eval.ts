import { Command } from "commander";

import { EXIT, Failure, print, table } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { field, flagPath, named } from "./paths.ts";
import type { EnvironmentOptions } from "./paths.ts";

interface Options extends EnvironmentOptions {
  readonly context?: string;
  readonly targetingKey?: string;
  readonly at?: string;
  readonly steps: boolean;
}

function contextOf({ context, targetingKey }: Options): object {
  let parsed: unknown = {};
  try {
    if (context !== undefined) parsed = JSON.parse(context);
  } catch {
    throw new Failure("--context must be a JSON object.", EXIT.usage);
  }
  return { ...Object(parsed), ...(targetingKey === undefined ? {} : { targetingKey }) };
}

/** What a rule asks besides, in the words of its trace: "exposure", "layer promo". */
function checkName(check: unknown): string {
  const kind = text(check, "kind");
  if (kind === "gate") {
    const source = field(check, "source");
    return `${text(source, "kind")} ${named(source, "key", named(source, "name", ""))}`;
  }
  if (kind === "prerequisite") return `prerequisite ${text(check, "flag")}`;
  return kind;
}

function ruleRow(rule: unknown): readonly string[] {
  const failed = list(rule, "checks").filter((check) => field(check, "holds") !== true);
  const applies = field(rule, "applies") === true;
  const outcome = field(rule, "serves") === true ? "serves" : "would serve, an earlier one does";
  return [
    text(rule, "ruleId"),
    applies ? outcome : "does not apply",
    applies ? "" : failed.map(checkName).join(", "),
  ];
}

function stepLines(answer: unknown): readonly string[] {
  const steps = list(answer, "steps").map((step) => [
    text(step, "path"),
    text(step, "operator"),
    JSON.stringify(field(step, "result")) ?? "",
  ]);
  return steps.length === 0 ? [] : ["", table([["path", "operator", "result"], ...steps])];
}

function lines(answer: unknown, { steps }: Options): readonly string[] {
  const rules = list(answer, "rules").map(ruleRow);
  return [
    `${text(answer, "variant")} (${JSON.stringify(field(answer, "value"))}), ${text(answer, "reason")}, rule ${text(answer, "ruleId")}`,
    ...(rules.length === 0 ? [] : ["", table([["rule", "outcome", "what failed"], ...rules])]),
    ...(steps ? stepLines(answer) : []),
  ];
}

async function evaluateThen(key: string, at: string, options: Options): Promise<void> {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) {
    throw new Failure("--at must be an instant of ISO 8601.", EXIT.usage);
  }
  const { environment } = options;
  const body = { environment, at: moment.toISOString(), context: contextOf(options) };
  const answer = await call(options, "POST", `${flagPath(key)}/explain-at`, body);
  const explanation = field(answer, "explanation");
  const revision = text(answer, "publication", "revision");
  const standing = text(answer, "standing").replaceAll("-", " ");
  const then = `At ${moment.toISOString()} ${key} was ${standing} in ${environment}, revision ${revision}`;
  const told =
    typeof explanation === "object" && explanation !== null ? lines(explanation, options) : [];
  print(options.json, answer, [`${then}.`, ...told].join("\n"));
}

/** `paceline flag eval <key>`: what a context gets, now or at a moment of the past, and why. */
export function evalCommand(): Command {
  return withRemote(new Command("eval"))
    .description("evaluate a flag for one context, and say why; nobody is counted as exposed")
    .argument("<flag>", "flag key")
    .requiredOption("--environment <key>", "environment")
    .option("--targeting-key <unit>", "the unit")
    .option("--context <json>", "further attributes as a JSON object")
    .option("--at <instant>", "at a moment of the past, by the revision that was in force")
    .option("--steps", "every step of the evaluation too", false)
    .action(async (key: string, options: Options) => {
      if (options.at !== undefined) return evaluateThen(key, options.at, options);
      const body = { environment: options.environment, context: contextOf(options) };
      const answer = await call(options, "POST", `${flagPath(key)}/evaluate`, body);
      const now = `In ${options.environment}, revision ${text(answer, "revision")}:`;
      print(options.json, answer, [now, ...lines(answer, options)].join("\n"));
    });
}
