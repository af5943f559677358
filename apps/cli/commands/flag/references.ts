import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";

import { Command } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { call, text, withRemote } from "../../remote.ts";
import { findReferences, gitSays } from "./find-references.ts";
import type { CodeScan } from "./find-references.ts";
import { allFlags } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

interface ReferenceOptions extends FlagOptions {
  readonly flag?: readonly string[];
  readonly keysFrom?: string;
  readonly upload: boolean;
  readonly repository?: string;
  readonly branch?: string;
  readonly commit?: string;
  readonly missing: boolean;
}

/** Places that are kept of each flag. */
const EXAMPLES = 50;

async function keysOf(options: ReferenceOptions): Promise<readonly string[]> {
  if (options.flag !== undefined) return options.flag;
  if (options.keysFrom === undefined) {
    return (await allFlags(options)).map((flag) => text(flag, "key"));
  }
  const lines = await readFile(options.keysFrom, "utf8").catch(() => {
    throw new Failure(`${options.keysFrom ?? ""} cannot be read.`, EXIT.usage);
  });
  return lines.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

async function upload(folder: string, options: ReferenceOptions, scan: CodeScan): Promise<void> {
  const remote = await gitSays(folder, "remote", "get-url", "origin");
  const repository =
    options.repository ??
    remote
      ?.replace(/\.git$/, "")
      .split(/[/:]/)
      .slice(-2)
      .join("/");
  const branch = options.branch ?? (await gitSays(folder, "symbolic-ref", "--short", "HEAD"));
  const commit = options.commit ?? (await gitSays(folder, "rev-parse", "HEAD"));
  if (branch === null || commit === null) {
    throw new Failure("Git does not say branch and commit here: --branch, --commit.", EXIT.usage);
  }
  await call(options, "PUT", "/api/v1/code-references", {
    repository: repository ?? basename(folder),
    branch,
    commit,
    files: scan.files,
    references: [...scan.places].map(([flag, places]) => ({
      flag,
      places: places.length,
      examples: places.slice(0, EXAMPLES),
    })),
  });
}

function describe(scan: CodeScan, unnamed: readonly string[], showUnnamed: boolean): string {
  const found = [...scan.places].flatMap(([key, places]) => [
    `${key}: ${places.length}`,
    ...places.map(({ file, line, text: code }) => `  ${file}:${line}: ${code}`),
  ]);
  const missing = showUnnamed ? unnamed.map((key) => `${key}: no code names it`) : [];
  const summary = `${scan.files} files read, ${scan.skipped} left out; ${scan.places.size} flags named, ${unnamed.length} not.`;
  return [...found, ...missing, summary].join("\n");
}

/** `paceline flag references <dir>`: where code names flags. */
export function referencesCommand(): Command {
  return withRemote(new Command("references"))
    .description("find the flags that source code names; reads what git does not ignore")
    .argument("<folder>")
    .option("--flag <keys...>", "only these; without it, every flag of the server")
    .option("--keys-from <file>", "keys from a file, one a line; asks no server")
    .option("--missing", "also list flags that no code names", false)
    .option("--upload", "keep it on the server, for the flag's page and for clean-ups", false)
    .option("--repository <name>", "instead of what git says")
    .option("--branch <name>", "instead of what git says")
    .option("--commit <id>", "instead of what git says")
    .action(async (path: string, options: ReferenceOptions) => {
      const folder = resolve(path);
      const found = await stat(folder).catch(() => null);
      if (found?.isDirectory() !== true)
        throw new Failure(`There is no folder ${path}.`, EXIT.usage);
      if (options.upload && (options.flag !== undefined || options.keysFrom !== undefined)) {
        // A part would look as if all other flags were named nowhere.
        throw new Failure("--upload takes every flag of the server; leave --flag out.", EXIT.usage);
      }
      const keys = await keysOf(options);
      const scan = await findReferences(folder, new Set(keys));
      const unnamed = keys.filter((key) => !scan.places.has(key));
      if (options.upload) await upload(folder, options, scan);
      const { files, skipped } = scan;
      const references = Object.fromEntries(scan.places);
      const document = { files, skipped, references, unnamed, uploaded: options.upload };
      print(options.json, document, describe(scan, unnamed, options.missing));
    });
}
