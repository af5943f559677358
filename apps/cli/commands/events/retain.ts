import { Command } from "commander";

import { EXIT, Failure, print, table } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import type { Remote } from "../../remote.ts";

const FOR_EVER = "forever";

interface Options extends Remote {
  readonly json: boolean;
  readonly environment?: string;
  readonly months?: string;
  readonly before?: string;
}

function monthsOf(value: string): number | null {
  if (value === FOR_EVER) return null;
  const months = Number(value);
  if (Number.isInteger(months) && months > 0) return months;
  throw new Failure(`--months takes a whole number above 0, or ${FOR_EVER}.`, EXIT.usage);
}

function shown(view: unknown): string {
  const rules = list(view, "rules").map((rule) => {
    const months = text(rule, "months");
    const environment = text(rule, "environment");
    return [environment === "–" ? "every other" : environment, months === "–" ? FOR_EVER : months];
  });
  const due = list(view, "due").map((month) => [
    text(month, "environment"),
    text(month, "month"),
    text(month, "events"),
  ]);
  return [
    rules.length === 0
      ? "Everything is kept for ever."
      : table([["environment", "months kept"], ...rules]),
    "",
    due.length === 0
      ? "Nothing would go now."
      : table([["environment", "month that goes", "events"], ...due]),
  ].join("\n");
}

async function run(options: Options): Promise<void> {
  const { environment, months, before } = options;
  if (months !== undefined)
    await call(options, "PUT", "/api/v1/events/retention", {
      environment: environment ?? null,
      months: monthsOf(months),
    });
  const query = new URLSearchParams(
    before === undefined ? {} : { before, ...(environment === undefined ? {} : { environment }) },
  );
  const view = await call(options, "GET", `/api/v1/events/retention?${query.toString()}`);
  print(options.json, view, shown(view));
}

/** `paceline events retain`. */
export function retainCommand(): Command {
  return withRemote(new Command("retain"))
    .description("show or set how long events are kept, by whole months")
    .option("--environment <key>", "one environment; without it, every one without its own rule")
    .option("--months <n>", `whole months that stay besides this one, or ${FOR_EVER}`)
    .option("--before <month>", "only show what would go if events before a month were removed")
    .addHelpText(
      "after",
      `
Examples:
  $ paceline events retain
  $ paceline events retain --before 2026-01
  $ paceline events retain --environment production --months 13`,
    )
    .action((options: Options) => run(options));
}
