import { Command } from "commander";

import { EXIT, Failure, print, table } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { readDocument } from "../initiative.ts";
import { count, field, named, percent, placePath, wholeNumber } from "./paths.ts";
import type { EnvironmentOptions } from "./paths.ts";

interface CompareOptions extends EnvironmentOptions {
  readonly file?: string;
  readonly days: string;
  readonly exitCode: boolean;
}

const CODE_DEFAULT = "(code default)";

function interval(share: unknown): string {
  return `${percent(count(share, "share"))} (${percent(count(share, "low"))} to ${percent(count(share, "high"))})`;
}

function flowLines(answer: unknown): string {
  const rows = list(answer, "flows").map((flow) => [
    named(flow, "from", CODE_DEFAULT),
    named(flow, "to", CODE_DEFAULT),
    String(count(flow, "units")),
    interval(flow),
  ]);
  return table([["now", "after", "units", "share of all units"], ...rows]);
}

function moveLines(answer: unknown): readonly string[] {
  return list(answer, "moves").flatMap((move) => {
    const from = `${named(move, "from", CODE_DEFAULT)} by ${named(move, "fromRule", "no rule")}`;
    const to = `${named(move, "to", CODE_DEFAULT)} by ${named(move, "toRule", "no rule")}`;
    const examples = list(move, "examples").map(
      (example) => `    ${JSON.stringify(field(example, "context"))}`,
    );
    return [`  ${from} → ${to}: ${count(move, "units")} units, for example`, ...examples];
  });
}

function experimentLines(answer: unknown): readonly string[] {
  return list(answer, "experiments").map((one) => {
    const flipped = count(one, "flipped");
    const id = text(one, "experimentId");
    const name = field(one, "running") === true ? "Running experiment" : "Experiment";
    return flipped === 0
      ? `${name} ${id}: none of its ${count(one, "units")} sampled units moves.`
      : `${name} ${id}: ${flipped} of its ${count(one, "units")} sampled units would get another variant, ${count(one, "leaving")} would leave it.`;
  });
}

function describe(answer: unknown): string {
  const flips = field(answer, "flips");
  const evaluated = count(answer, "evaluated");
  const head =
    evaluated === 0
      ? []
      : [
          `${count(flips, "units")} of ${evaluated} sampled units flip: ${interval(flips)} of all, about ${count(flips, "estimatedUnits")} of ${count(answer, "estimatedUnits")} units since ${text(answer, "since")}.`,
          "",
          flowLines(answer),
          ...(list(answer, "moves").length === 0 ? [] : ["", "Who flips:"]),
          ...moveLines(answer),
        ];
  const dependents = list(answer, "dependents").map(
    (one) => `Flag ${text(one, "flag")} flips with it for ${interval(one)}.`,
  );
  const cautions = list(answer, "cautions").map((caution) => `Note: ${String(caution)}`);
  const late =
    field(answer, "complete") === true
      ? []
      : [`Time ran out after ${evaluated} of ${count(answer, "sampledUnits")} contexts.`];
  const notes = [...experimentLines(answer), ...dependents, ...late, ...cautions];
  return [...head, ...(head.length > 0 && notes.length > 0 ? [""] : []), ...notes].join("\n");
}

/**
 * A configuration, or that of an environment in the file that `paceline flag pull` writes, without its
 * tests: they are no part of what is served.
 */
async function readConfiguration(file: string, environment: string): Promise<unknown> {
  const document = await readDocument(file);
  const places = field(document, "environments");
  if (places === undefined) return document;
  const place = field(places, environment);
  if (typeof place !== "object" || place === null) {
    throw new Failure(`${file} says nothing of the environment ${environment}.`, EXIT.usage);
  }
  return Object.fromEntries(Object.entries(place).filter(([name]) => name !== "tests"));
}

/** `paceline flag compare <key>`: what a draft or a file would do to real units. */
export function compareCommand(): Command {
  return withRemote(new Command("compare"))
    .description("how many real units would get another variant, by the recorded contexts")
    .argument("<flag>", "flag key")
    .requiredOption("--environment <key>", "environment")
    .option(
      "--file <file>",
      "the flag's file, or a configuration, in YAML or JSON; without it the draft",
    )
    .option("--days <n>", "of recorded contexts, 1 to 90", "7")
    .option("--exit-code", "exit 1 if a unit flips, or if nothing can be said", false)
    .action(async (key: string, options: CompareOptions) => {
      const configuration =
        options.file === undefined
          ? undefined
          : await readConfiguration(options.file, options.environment);
      const body = { configuration, days: wholeNumber(options.days, "--days") };
      const path = `${placePath(key, options.environment)}/compare`;
      const answer = await call(options, "POST", path, body);
      print(options.json, answer, describe(answer));
      const isQuiet =
        count(answer, "evaluated") > 0 && count(field(answer, "flips"), "units") === 0;
      if (options.exitCode && !isQuiet) process.exitCode = EXIT.failed;
    });
}
