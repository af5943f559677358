import { text as readAll } from "node:stream/consumers";

import { Command, Option } from "commander";

import { table, toJson } from "../../outcome.ts";
import { call, text, withRemote } from "../../remote.ts";
import type { Remote } from "../../remote.ts";
import { readDocument } from "../initiative.ts";
import { planOf, rowsOf } from "./plan.ts";
import type { PlanOptions } from "./plan.ts";
import { withTime } from "./time.ts";

interface Options extends Remote, PlanOptions {
  readonly json: boolean;
  readonly csv: boolean;
  readonly sql: boolean;
}

const DIGITS = 4;

function shown(cell: string | number): string {
  if (typeof cell === "string") return cell;
  return Number.isInteger(cell) ? String(cell) : cell.toFixed(DIGITS);
}

async function planFrom(file: string | undefined, options: Options): Promise<object> {
  if (file === undefined) return planOf(options, new Date());
  if (file !== "-") return Object(await readDocument(file));
  const parsed: unknown = JSON.parse(await readAll(process.stdin));
  return Object(parsed);
}

async function run(file: string | undefined, options: Options): Promise<void> {
  const answer = await call(options, "POST", "/api/v1/events/query", await planFrom(file, options));
  if (options.json) console.log(toJson(answer));
  else if (options.sql) console.log(text(answer, "sql").trim());
  else if (options.csv) {
    const { csvCell } = await import("@paceline/events/domain");
    for (const row of rowsOf(answer))
      console.log(row.map((cell) => (typeof cell === "number" ? cell : csvCell(cell))).join(","));
  } else {
    console.log(table(rowsOf(answer).map((row) => row.map(shown))));
    console.error(`\nThe newest event was received ${text(answer, "newestReceivedAt")}.`);
  }
}

/** `paceline events query [file]`. */
export function queryCommand(): Command {
  const command = withRemote(new Command("query"))
    .description("ask for a series, a funnel, retention or top values")
    .argument("[file]", "a plan as JSON or YAML, - for standard input; flags make simple ones")
    .option("--environment <key>", "environment")
    .addOption(
      new Option("--kind <kind>", "what to ask for")
        .choices(["series", "funnel", "retention", "top"])
        .default("series"),
    )
    .addOption(
      new Option("--event <name>", "event; again for the next step of a funnel, or for the return")
        .argParser((value: string, before: string[]) => [...before, value])
        .default([], "all events"),
    )
    .option("--type <type>", "call of these events", "track")
    .addOption(
      new Option("--measure <measure>", "what to count")
        .choices(["events", "units", "sum", "mean"])
        .default("events"),
    )
    .option("--property <name>", "number of --measure sum and mean; ranked values of --kind top")
    .option("--split <property>", "one line for each frequent value of a property")
    .option("--bucket <duration>", "length of a bucket of a series", "1d")
    .option("--window <duration>", "time from the first step of a funnel to the last", "7d")
    .addOption(
      new Option("--cell <cell>", "calendar of retention")
        .choices(["day", "week", "month"])
        .default("week"),
    )
    .option("--cells <n>", "how many cells of retention", "8")
    .option("--limit <n>", "how many top values", "10")
    .option("--csv", "print comma separated values", false)
    .option("--sql", "print the statement that was run", false);
  return withTime(command)
    .addHelpText(
      "after",
      `
Examples:
  $ paceline events query --environment production --event "Order Completed" --last 7d
  $ paceline events query --environment production --kind funnel --event Cart --event Order
  $ paceline events query --environment production --event Order --measure sum --property revenue --split country --csv
  $ paceline events query plan.json --sql`,
    )
    .action((file: string | undefined, options: Options) => run(file, options));
}
