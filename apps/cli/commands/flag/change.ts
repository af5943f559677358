import { Argument, Command, Option } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { field, flagPath, placePath, wholeNumber } from "./paths.ts";
import type { EnvironmentOptions, FlagOptions } from "./paths.ts";

interface CreateOptions extends FlagOptions {
  readonly type: string;
  readonly variants?: string;
  readonly kind?: string;
  readonly description?: string;
  readonly expires?: string;
  readonly tag: readonly string[];
}

function variantsOf({ type, variants }: CreateOptions): unknown {
  if (variants === undefined) {
    if (type === "boolean") return { on: true, off: false };
    throw new Failure(`A flag of type ${type} needs --variants, a JSON object.`, EXIT.usage);
  }
  try {
    return JSON.parse(variants);
  } catch {
    throw new Failure('--variants must be a JSON object, such as {"blue": "#00f"}.', EXIT.usage);
  }
}

/** `paceline flag create <key>`. */
export function createCommand(): Command {
  return withRemote(new Command("create"))
    .description("make a flag; it serves nothing before it is published in an environment")
    .argument("<flag>", "flag key")
    .addOption(
      new Option("--type <type>", "of its values")
        .choices(["boolean", "string", "number", "object"])
        .default("boolean"),
    )
    .option("--variants <json>", 'names and values; {"on": true, "off": false} if left out')
    .addOption(
      new Option("--kind <kind>", "what it is for").choices([
        "release",
        "experiment",
        "kill-switch",
        "permission",
        "configuration",
      ]),
    )
    .option("--description <text>", "what it changes")
    .option("--expires <instant>", "when it should be gone, such as 2027-02-01")
    .option("--tag <tag>", "a tag; again for more", (tag, tags: string[]) => [...tags, tag], [])
    .addHelpText(
      "after",
      `
Examples:
  $ paceline flag create checkout.one-page --kind release --expires 2027-02-01
  $ paceline flag create banner --type string --variants '{"calm": "blue", "loud": "red"}'`,
    )
    .action(async (key: string, options: CreateOptions) => {
      const { type, kind, description, expires, tag } = options;
      const expiresAt = expires === undefined ? undefined : new Date(expires);
      if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime())) {
        throw new Failure("--expires must be a date or an instant of ISO 8601.", EXIT.usage);
      }
      const made = await call(options, "POST", "/api/v1/flags", {
        key,
        type,
        variants: variantsOf(options),
        ...(kind === undefined ? {} : { kind }),
        ...(description === undefined ? {} : { description }),
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
        ...(tag.length === 0 ? {} : { tags: tag }),
      });
      print(options.json, made, `Made ${key}. Publish it: paceline flag publish ${key} --help`);
    });
}

interface MoveOptions extends EnvironmentOptions {
  readonly ignoreFailingTests?: string;
}

interface ExposeOptions extends MoveOptions {
  readonly rule?: string;
}

interface RevertOptions extends MoveOptions {
  readonly acceptRebucketing: boolean;
}

const IGNORE = ["--ignore-failing-tests <reason>", "expose although expectations fail"] as const;

/** What a move does that the flag's tests do not expect, on lines of its own. */
function failingWords(moved: unknown): string {
  const names = list(moved, "failingTests").map((name) => `  "${String(name)}"`);
  return names.length === 0 ? "" : `\nIts tests fail on what is in force now:\n${names.join("\n")}`;
}

/** The only rule in force, when none is named. @throws Failure */
async function onlyRule(key: string, { environment, ...remote }: ExposeOptions): Promise<string> {
  const flag = await call(remote, "GET", flagPath(key));
  const place = list(flag, "environments").find((one) => text(one, "environment") === environment);
  const content = field(field(place, "published"), "content");
  const rules = list(field(content, "configuration"), "rules").map((rule) => text(rule, "id"));
  const [only] = rules;
  if (only !== undefined && rules.length === 1) return only;
  throw new Failure(
    rules.length === 0
      ? `${key} has no rule in force in ${environment}: publish one first.`
      : `${key} has ${rules.length} rules in ${environment}; name one with --rule: ${rules.join(", ")}.`,
    EXIT.usage,
  );
}

function shareOf(percent: string): number {
  const share = Number(percent.replace(/%$/, "")) / 100;
  if (percent !== "" && share >= 0 && share <= 1) return share;
  throw new Failure("<percent> must be a number from 0 to 100.", EXIT.usage);
}

/** `paceline flag expose <key> <percent>`. */
export function exposeCommand(): Command {
  return withRemote(new Command("expose"))
    .description("move the exposure of a rule that is in force; who is in stays in")
    .argument("<flag>", "flag key")
    .argument("<percent>", "of the units, 0 to 100")
    .requiredOption("--environment <key>", "environment")
    .option("--rule <id>", "which rule; the only one if left out")
    .option(...IGNORE)
    .action(async (key: string, percent: string, options: ExposeOptions) => {
      const exposureShare = shareOf(percent);
      const rule = options.rule ?? (await onlyRule(key, options));
      const path = `${placePath(key, options.environment)}/rules/${encodeURIComponent(rule)}/exposure`;
      const { ignoreFailingTests } = options;
      const published = await call(options, "POST", path, { exposureShare, ignoreFailingTests });
      print(
        options.json,
        published,
        `${key} is exposed to ${percent.replace(/%$/, "")} % by ${rule}, revision ${text(published, "revision")}.${failingWords(published)}`,
      );
    });
}

/** `paceline flag revert <key> <revision>`. */
export function revertCommand(): Command {
  return withRemote(new Command("revert"))
    .description("put an older revision in force again; one that exposes more is a publication")
    .argument("<flag>", "flag key")
    .argument("<revision>", "as history prints it")
    .requiredOption("--environment <key>", "environment")
    .option("--accept-rebucketing", "new buckets for everybody are meant", false)
    .option(...IGNORE)
    .action(async (key: string, revision: string, options: RevertOptions) => {
      const { acceptRebucketing, ignoreFailingTests } = options;
      const number = wholeNumber(revision, "<revision>");
      const path = `${placePath(key, options.environment)}/revert`;
      const body = { revision: number, acceptRebucketing, ignoreFailingTests };
      const published = await call(options, "POST", path, body);
      print(
        options.json,
        published,
        `${key} is as in revision ${number} again, as revision ${text(published, "revision")}.${failingWords(published)}`,
      );
    });
}

/** `paceline flag mark <key> <state>`. */
export function markCommand(): Command {
  return withRemote(new Command("mark"))
    .description("say that a flag has come to its end, that its code may go, or that it lives on")
    .argument("<flag>", "flag key")
    .addArgument(new Argument("<state>").choices(["live", "concluded", "clean-up"]))
    .action(async (key: string, lifecycle: string, options: FlagOptions) => {
      const flag = await call(options, "POST", `${flagPath(key)}/lifecycle`, { lifecycle });
      print(options.json, flag, `${key} is ${text(flag, "lifecycle")}.`);
    });
}
