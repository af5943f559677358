import {
  comparePlans,
  nextVersion,
  readPlanSchema,
  stepAllows,
  versionStep,
  versionText,
} from "@paceline/events/domain";
import type { ChangeLevel, PlanChange, PlanSchema } from "@paceline/events/domain";
import { Command } from "commander";

import { EXIT, Failure, print, table } from "../outcome.ts";
import { readPlanFiles } from "./plan-files.ts";
import type { PlanFile } from "./plan-files.ts";

interface Compared {
  readonly name: string;
  readonly level: ChangeLevel | null;
  readonly changes: readonly PlanChange[];
  readonly from: string | null;
  readonly to: string | null;
  /** The smallest version that may hold the changes; null where no version is given. */
  readonly required: string | null;
  readonly enough: boolean;
}

function usable(file: PlanFile): PlanSchema {
  const read = readPlanSchema(file.schema);
  if (read.ok) return read.value;
  const faults = read.error.map(({ pointer, reason }) => `  ${pointer || "/"} ${reason}`);
  throw new Failure(`${file.path} cannot be used:\n${faults.join("\n")}`, EXIT.usage, {
    file: file.path,
    faults: read.error,
  });
}

/** Without versions the files are taken for one MODEL, which may not break. */
export function comparePlanFiles(before: PlanFile, after: PlanFile): Compared {
  const { changes, level } = comparePlans(usable(before), usable(after));
  const [from, to] = [before.version, after.version];
  const unchanged =
    level === null && from !== null && to !== null && versionText(from) === versionText(to);
  const enough =
    from === null || to === null
      ? level !== "MODEL"
      : unchanged || stepAllows(versionStep(from, to), level);
  return {
    name: after.name,
    level,
    changes,
    from: from === null ? null : versionText(from),
    to: to === null ? null : versionText(to),
    required: from === null ? null : versionText(unchanged ? from : nextVersion(from, level)),
    enough,
  };
}

function words(one: Compared): string {
  const step = one.level === null ? "no change" : `${one.level} change`;
  const versions = one.from === null || one.to === null ? "" : ` from ${one.from} to ${one.to}`;
  const verdict = one.enough
    ? "ok"
    : one.required === null || one.to === null
      ? "breaks: give it a new MODEL"
      : `too small: needs ${one.required} or a larger step`;
  const rows = one.changes.map(({ level, pointer, reason }) => [
    `  ${level}`,
    pointer || "/",
    reason,
  ]);
  return [
    `${one.name}: ${step}${versions}, ${verdict}`,
    ...(rows.length > 0 ? [table(rows)] : []),
  ].join("\n");
}

/** `paceline plan check`: offline, for a pull request. */
export function planCheckCommand(): Command {
  return new Command("check")
    .description("say what a new version of a plan would break; offline")
    .argument("<old>", "a schema file, or a folder of *.schema.json files")
    .argument("<new>", "the same, as it shall become")
    .option("--json", "print one JSON document", false)
    .addHelpText(
      "after",
      '\nVersions are read from "x-paceline": { "version": "1-0-0" } in the files. Exit codes: 0 large enough, 1 too small for the change, 2 unusable.',
    )
    .action(async (oldPath: string, newPath: string, options: { readonly json: boolean }) => {
      const [before, after] = [await readPlanFiles(oldPath), await readPlanFiles(newPath)];
      const pairs =
        before.length === 1 && after.length === 1
          ? [[before[0], after[0]] as const]
          : after.map((file) => [before.find(({ name }) => name === file.name), file] as const);
      const compared = pairs.flatMap(([old, next]) => {
        if (next === undefined) return [];
        if (old !== undefined) return [comparePlanFiles(old, next)];
        usable(next);
        return [];
      });
      const fresh = pairs
        .filter(([old]) => old === undefined)
        .flatMap(([, next]) => next?.name ?? []);
      const gone = before.filter(
        ({ name }) => before.length + after.length > 2 && !after.some((file) => file.name === name),
      );
      const lines = [
        ...compared.map(words),
        ...fresh.map((name) => `${name}: new`),
        ...gone.map(({ name }) => `${name}: gone`),
      ];
      print(
        options.json,
        { plans: compared, new: fresh, gone: gone.map(({ name }) => name) },
        lines.join("\n"),
      );
      if (compared.some(({ enough }) => !enough)) process.exitCode = EXIT.failed;
    });
}
