import { compileFlagSet } from "@paceline/flag-eval";
import type { Operator } from "@paceline/flag-eval";
import {
  eppoOperators,
  flagsmithOperators,
  growthbookOperators,
  importEppo,
  importFlagsmith,
  importGrowthbook,
  importLaunchdarkly,
  importUnleash,
  launchdarklyOperators,
  unleashOperators,
} from "@paceline/flag-import";
import type { Imported } from "@paceline/flag-import";
import { Argument, Command } from "commander";

import { EXIT, Failure, print, table } from "../outcome.ts";
import { call, list, text, withRemote } from "../remote.ts";
import { confirmed } from "./flag/confirm.ts";
import { importedFiles } from "./flag/imported-files.ts";
import type { NotKept } from "./flag/imported-files.ts";
import type { FlagOptions } from "./flag/paths.ts";
import { readVectors, verify } from "./flag/vectors.ts";
import type { Verification } from "./flag/vectors.ts";
import { readDocument } from "./initiative.ts";

interface Vendor {
  readonly read: (document: unknown) => Imported;
  readonly operators: ReadonlyMap<string, Operator>;
}

const VENDORS: ReadonlyMap<string, Vendor> = new Map([
  ["unleash", { read: importUnleash, operators: unleashOperators }],
  ["eppo", { read: importEppo, operators: eppoOperators }],
  ["growthbook", { read: importGrowthbook, operators: growthbookOperators }],
  ["launchdarkly", { read: importLaunchdarkly, operators: launchdarklyOperators }],
  ["flagsmith", { read: importFlagsmith, operators: flagsmithOperators }],
]);

interface ImportOptions extends FlagOptions {
  readonly verify?: string;
  readonly into?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly force: boolean;
}

/** Flags in one push; a server takes more, a person does not read more at once. */
const PUSH_MS = 900_000;

function describe({ report, flags }: Imported): string {
  const rows = report.map((one) => [
    one.flagKey,
    String(flags.flags[one.flagKey]?.metadata?.["bucketing"] ?? ""),
    one.carried,
    [...one.extensions, ...one.missing].join("; "),
  ]);
  const count = (carried: string): number => report.filter((one) => one.carried === carried).length;
  const total = `${report.length} flags: ${count("portable")} for any flagd client, ${count("server")} for this server only, ${count("partial")} with something missing.`;
  return [table([["flag", "bucketing", "carried", "needs; lacks"], ...rows]), "", total].join("\n");
}

async function verifyWith(
  path: string,
  { operators }: Vendor,
  imported: Imported,
): Promise<Verification> {
  const compiled = compileFlagSet(imported.flags, { operators });
  if (!compiled.ok) throw new Failure(`The flags cannot be read: ${compiled.error.kind}.`);
  const nowMs = Date.now();
  return verify(compiled.value, await readVectors(path, nowMs), nowMs);
}

function verificationLines({ passed, failed }: Verification): string {
  return [...failed, `${passed} passed, ${failed.length} failed`].join("\n");
}

function pushLines(answer: unknown, refused: readonly NotKept[]): string {
  return [
    ...list(answer, "changes").map(
      (change) => `${text(change, "key")}: ${list(change, "actions").join(", ")}`,
    ),
    ...list(answer, "refusals").map(
      (refusal) => `${text(refusal, "key")} is refused: ${text(refusal, "detail")}`,
    ),
    ...refused.map(({ flagKey, detail }) => `${flagKey} is left out: ${detail}`),
    `${text(answer, "unchanged")} flags stay as they are.`,
  ].join("\n");
}

async function keep(
  vendor: string,
  imported: Imported,
  environment: string,
  options: ImportOptions,
): Promise<void> {
  const { files, refused } = importedFiles(vendor, imported, environment);
  const path = "/api/v1/flag-files/push";
  const body = { environments: [environment], files, imports: true, force: options.force };
  const pushed = async (dryRun: boolean): Promise<unknown> =>
    list(await call(options, "POST", path, { ...body, dryRun }, {}, PUSH_MS), "environments")[0];
  const plan = await pushed(true);
  const stopped = list(plan, "refusals").length > 0;
  if (options.dryRun || stopped) {
    print(options.json, { imported, plan, refused }, pushLines(plan, refused));
    if (stopped) process.exitCode = EXIT.failed;
    return;
  }
  if (!options.yes) {
    console.error(pushLines(plan, refused));
    if (!(await confirmed(`Put these flags in force in ${environment}?`))) return;
  }
  const done = await pushed(false);
  print(options.json, { imported, pushed: done, refused }, pushLines(done, refused));
}

/** A specification of Unleash carries its flags beside its tests. */
function withoutTests(document: unknown): unknown {
  const state: unknown =
    typeof document === "object" && document !== null ? Reflect.get(document, "state") : undefined;
  return state ?? document;
}

function importOptions(command: Command): Command {
  return withRemote(command)
    .argument("<file>", "what the vendor's server-side SDK endpoint answers, JSON or YAML")
    .option("--verify <vectors>", "answers of the vendor, a file or a folder: all must be the same")
    .option("--into <environment>", "put the flags in force there; nobody changes sides")
    .option("--dry-run", "with --into: only say what would happen", false)
    .option("--force", "with --into: replace flags that are there already", false)
    .option("--yes", "with --into: do not ask", false);
}

async function importFrom(vendor: string, file: string, options: ImportOptions): Promise<void> {
  const known = VENDORS.get(vendor);
  if (known === undefined) throw new Failure(`${vendor} is not known.`, EXIT.usage);
  const document = await readDocument(file);
  if (vendor === "eppo" && Object(document).format === "CLIENT") {
    throw new Failure(
      `${file} is what browsers get, and obfuscated: take the configuration of a server's SDK key.`,
      EXIT.usage,
    );
  }
  const imported = known.read(withoutTests(document));
  if (imported.report.length === 0) {
    throw new Failure(`${file} holds no flag in the form of ${vendor}.`, EXIT.usage);
  }
  if (options.verify !== undefined) {
    const verified = await verifyWith(options.verify, known, imported);
    if (verified.failed.length > 0 || options.into === undefined) {
      print(options.json, verified, verificationLines(verified));
      if (verified.failed.length > 0) process.exitCode = EXIT.failed;
      return;
    }
  }
  if (options.into !== undefined) return keep(vendor, imported, options.into, options);
  print(options.json, imported, describe(imported));
}

/** `paceline flag import <vendor> <file>`: offline, unless `--into` puts the flags in force. */
export function flagImportCommand(): Command {
  const command = new Command("import")
    .description("read another vendor's flags, say what can be carried, and move them in")
    .addArgument(new Argument("<vendor>").choices([...VENDORS.keys()]));
  return importOptions(command).action(importFrom);
}

/** The same as `paceline import <vendor> <file>`. */
export function vendorImportCommands(): readonly Command[] {
  return [...VENDORS.keys()].map((vendor) =>
    importOptions(new Command(vendor).description(`flags of ${vendor}, as \`flag import\``)).action(
      (file: string, options: ImportOptions) => importFrom(vendor, file, options),
    ),
  );
}
