import { differences } from "@paceline/flags/domain";
import { Command } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { confirmed } from "./confirm.ts";
import {
  pullHeld,
  readFolder,
  readLock,
  syncedLock,
  whole,
  writeFolder,
  writeLock,
} from "./flag-folder.ts";
import type { Held, LocalFile, Lock } from "./flag-folder.ts";
import { count, differenceLines } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

export function pullCommand(): Command {
  return withRemote(new Command("pull"))
    .description("write every flag to <folder>/<key>.yaml, as it is in force")
    .argument("<folder>")
    .action(async (folder: string, options: FlagOptions) => {
      const held = await pullHeld(options);
      const done = await writeFolder(folder, held);
      const lines = [
        `${done.written.length} files written to ${folder}, ${done.unchanged} were as they are on the server.`,
        ...done.foreign.map((name) => `Not on the server: ${name} (left alone).`),
      ];
      print(options.json, done, lines.join("\n"));
    });
}

interface DiffOptions extends FlagOptions {
  readonly exitCode: boolean;
}

interface FileDiff {
  readonly key: string;
  readonly state: "only-here" | "only-on-server" | "differs";
  readonly differences: readonly unknown[];
}

function diffOf(local: readonly LocalFile[], held: readonly Held[]): readonly FileDiff[] {
  const mine = new Map(local.map(({ file }) => [file.key, file]));
  const theirs = new Map(held.map(({ file }) => [file.key, file]));
  const keys = [...new Set([...mine.keys(), ...theirs.keys()])].toSorted();
  return keys.flatMap((key): readonly FileDiff[] => {
    const [here, there] = [mine.get(key), theirs.get(key)];
    if (here === undefined) return [{ key, state: "only-on-server", differences: [] }];
    if (there === undefined) return [{ key, state: "only-here", differences: [] }];
    const found = differences(whole(there), whole(here, there));
    return found.length === 0 ? [] : [{ key, state: "differs", differences: found }];
  });
}

function describeDiff(diffs: readonly FileDiff[]): string {
  if (diffs.length === 0) return "The files and the server say the same.";
  return diffs
    .flatMap(({ key, state, differences: found }) => [
      state === "differs"
        ? `${key}: server → file`
        : `${key}: ${state === "only-here" ? "not on the server" : "no file"}`,
      ...differenceLines(found),
    ])
    .join("\n");
}

export function diffCommand(): Command {
  return withRemote(new Command("diff"))
    .description("how the files of a folder differ from what is in force")
    .argument("<folder>")
    .option("--exit-code", "exit 1 if anything differs", false)
    .action(async (folder: string, options: DiffOptions) => {
      const diffs = diffOf(await readFolder(folder), await pullHeld(options));
      print(options.json, { same: diffs.length === 0, flags: diffs }, describeDiff(diffs));
      if (options.exitCode && diffs.length > 0) process.exitCode = EXIT.failed;
    });
}

interface PushOptions extends FlagOptions {
  readonly environment?: readonly string[];
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly archiveMissing: boolean;
  readonly acceptRebucketing: boolean;
  readonly ignoreFailingTests?: string;
}

function pushBody(
  options: PushOptions,
  environments: readonly string[],
  files: readonly LocalFile[],
  lock: Lock | null,
): object {
  return {
    environments,
    files: files.map(({ file }) => file),
    ...(lock === null ? {} : { expected: lock }),
    force: options.force,
    acceptRebucketing: options.acceptRebucketing,
    ignoreFailingTests: options.ignoreFailingTests,
  };
}

function describePlan(answer: unknown): string {
  const environment = text(answer, "environment");
  const changes = list(answer, "changes").flatMap((change) => [
    `  ${text(change, "key")}: ${list(change, "actions").join(", ")}`,
    ...differenceLines(list(change, "differences")),
    ...list(change, "warnings").map((warning) => `    warning: ${String(warning)}`),
  ]);
  const refusals = list(answer, "refusals").map(
    (refusal) => `  ${text(refusal, "key")} is refused: ${text(refusal, "detail")}`,
  );
  const quiet = `${count(answer, "unchanged")} flags stay as they are.`;
  return [`${environment}:`, ...changes, ...refusals, `  ${quiet}`].join("\n");
}

/** What would be archived, where that was asked for: flags of the server without a file. */
function missingFiles(files: readonly LocalFile[], held: readonly Held[]): readonly string[] {
  const known = new Set(files.map(({ file }) => file.key));
  return held.map(({ file }) => file.key).filter((key) => !known.has(key));
}

/** A first push of ten thousand flags takes minutes, and must not be given up half way. */
const PUSH_MS = 900_000;

interface Pushing {
  readonly options: PushOptions;
  readonly files: readonly LocalFile[];
  readonly lock: Lock | null;
  readonly body: object;
}

/** What was done, or would be, in each environment: all of them in one go. */
async function send({ options, body }: Pushing, dryRun: boolean): Promise<readonly unknown[]> {
  const path = "/api/v1/flag-files/push";
  const answer = await call(options, "POST", path, { ...body, dryRun }, {}, PUSH_MS);
  return list(answer, "environments");
}

async function preparePush(folder: string, options: PushOptions): Promise<Pushing> {
  const files = await readFolder(folder);
  if (files.length === 0) throw new Failure(`${folder} holds no *.yaml file.`, EXIT.usage);
  const lock = await readLock(folder);
  const named = files.flatMap(({ file }) => Object.keys(file.environments ?? {}));
  const environments = options.environment ?? [...new Set(named)].toSorted();
  if (environments.length === 0) throw new Failure("The files name no environment.", EXIT.usage);
  const archive = options.archiveMissing ? missingFiles(files, await pullHeld(options)) : [];
  const body = { ...pushBody(options, environments, files, lock), archive };
  return { options, files, lock, body };
}

async function push(folder: string, options: PushOptions): Promise<void> {
  const pushing = await preparePush(folder, options);
  const plans = await send(pushing, true);
  const refused = plans.some((plan) => list(plan, "refusals").length > 0);
  const changes = plans.flatMap((plan) => list(plan, "changes")).length;
  const plan = plans.map(describePlan).join("\n");
  if (refused) {
    throw new Failure(`${plan}\nNothing was changed.`, EXIT.failed, { plans });
  }
  if (options.dryRun || changes === 0) {
    print(options.json, { pushed: false, plans }, plan);
    return;
  }
  if (!options.yes) {
    console.error(plan);
    if (!(await confirmed(`Publish ${changes} changes?`))) {
      throw new Failure("Nothing was changed.", EXIT.failed);
    }
  }
  const done = await send(pushing, false);
  await writeLock(folder, syncedLock(pushing.files, await pullHeld(options), pushing.lock));
  print(options.json, { pushed: true, plans: done }, done.map(describePlan).join("\n"));
}

export function pushCommand(): Command {
  return withRemote(new Command("push"))
    .description("bring the files of a folder to the server: shows the plan, asks, publishes")
    .argument("<folder>")
    .option("--environment <keys...>", "only these; without it, those that the files name")
    .option("--yes", "do not ask", false)
    .option("--dry-run", "show the plan only", false)
    .option("--force", "overwrite what moved on the server since the pull", false)
    .option("--archive-missing", "archive flags that have no file", false)
    .option("--accept-rebucketing", "put every unit of a changed rule into a new bucket", false)
    .option("--ignore-failing-tests <reason>", "publish although expectations fail; audited")
    .action(push);
}
