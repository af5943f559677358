import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";

import { printReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";

/** A file of vectors: its path, its name within what was asked for, and what it holds. */
export interface VectorFile {
  readonly path: string;
  readonly name: string;
  readonly content: unknown;
}

const isLeftOut = (name: string): boolean => name.startsWith(".") || name === "node_modules";

/** The files below a folder, by name; links are not followed, so that there is no circle. */
function filesBelow(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return isLeftOut(entry.name) ? [] : filesBelow(path, pattern);
      return entry.isFile() && pattern.test(entry.name) ? [path] : [];
    });
}

/** A file itself, whatever it is called; of a folder, all that the pattern names. */
export function vectorPaths(path: string, pattern: RegExp): readonly string[] {
  return statSync(path).isDirectory() ? filesBelow(path, pattern) : [path];
}

/** Runs every file; one that cannot be read, or that throws, is a failure that names it. */
export async function runVectorFiles(
  path: string,
  pattern: RegExp,
  parse: (source: string) => unknown,
  report: ConformanceReport,
  run: (file: VectorFile) => void | Promise<void>,
): Promise<void> {
  for (const file of vectorPaths(path, pattern)) {
    const name = relative(path, file) || basename(file);
    await runNamed(name, report, async () => {
      await run({ path: file, name, content: parse(readFileSync(file, "utf8")) });
    });
  }
}

/** What throws is a failure with the name of what was run. */
export async function runNamed(
  name: string,
  report: ConformanceReport,
  run: () => void | Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report.check(`${name}: ${reason.split("\n").join(" ")}`, false);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Prints what is wrong with the call; the exit code of what could not be run. */
export function unusable(usage: string, path: string | undefined): number {
  if (path !== undefined) console.log(`FAIL ${path}: no such file or folder`);
  console.error(`usage: ${usage}`);
  if (path !== undefined) console.log("0 passed, 1 failed");
  return 2;
}

/** Runs what is at the path of the command line, reports it, and gives the exit code. */
export async function runConformance(
  usage: string,
  path: string | undefined,
  report: ConformanceReport,
  run: (path: string) => void | Promise<void>,
): Promise<number> {
  if (path === undefined || !existsSync(path)) return unusable(usage, path);
  await run(path);
  return printReport(report);
}

/**
 * Removes from an answer the fields that no expected answer of the files knows: vectors that are
 * older than a field do not ask for it. Every field that they do name is compared.
 */
export function withoutNewer(
  actual: unknown,
  known: ReadonlySet<string>,
  newer: readonly string[],
): unknown {
  if (!isObject(actual)) return actual;
  const gone = new Set(newer.filter((name) => !known.has(name)));
  return Object.fromEntries(
    Object.entries(actual)
      .filter(([name]) => !gone.has(name))
      .map(([name, value]) => [name, withoutNewer(value, known, newer)]),
  );
}

/** The names of all fields in expected answers, for `withoutNewer`. */
export function fieldNames(value: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const item of value) fieldNames(item, names);
  if (isObject(value)) {
    for (const [name, field] of Object.entries(value)) {
      names.add(name);
      fieldNames(field, names);
    }
  }
  return names;
}
