import { setTimeout as pause } from "node:timers/promises";

import { Command, Option } from "commander";

import { EXIT, Failure } from "../../outcome.ts";
import { list, text, withRemote } from "../../remote.ts";
import type { Remote } from "../../remote.ts";
import { openStream, serverEvents, Unreachable } from "../../stream.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

interface Options extends Remote {
  readonly json: boolean;
  readonly environment: string;
  readonly type?: string;
  readonly event?: string;
  readonly person?: string;
  readonly source?: string;
  readonly count?: number;
}

function member(item: unknown, name: string): unknown {
  return Reflect.get(Object(item), name);
}

/** One event as a line: when, what, who, what the plans say, and its properties. */
export function lineOf(item: unknown): string {
  const name = text(item, "event");
  const type = text(item, "type");
  const fault = member(item, "fault");
  const outcome = text(item, "verdict", "outcome");
  const judged =
    fault !== null && fault !== undefined
      ? `BAD ${text(fault, "path")} ${text(fault, "reason")}`
      : outcome === "violated"
        ? `BREAKS PLAN ${text(item, "verdict", "path")} ${text(item, "verdict", "reason")}`
        : outcome === "passed"
          ? "planned"
          : "";
  const properties = JSON.stringify(member(item, "properties") ?? {});
  return [
    text(item, "receivedAt").slice(11, 23),
    (name === "" || name === "–" ? type : name).padEnd(24),
    text(item, "unit").padEnd(20),
    ...(judged === "" ? [] : [judged]),
    ...(properties === "{}" || judged.startsWith("BAD") ? [] : [properties]),
  ].join("  ");
}

function addressOf(options: Options): string {
  const { environment, type, event, person, source } = options;
  const query = new URLSearchParams({
    environment,
    ...(type === undefined ? {} : { type }),
    ...(event === undefined ? {} : { event }),
    ...(person === undefined ? {} : { unit: person }),
    ...(source === undefined ? {} : { source }),
  });
  return `/api/v1/events/live?${query.toString()}`;
}

/** Prints until the stream ends. @returns how many events were printed */
async function follow(options: Options, left: number, onOpen: () => void): Promise<number> {
  const response = await openStream(options, addressOf(options));
  let printed = 0;
  for await (const { event, data } of serverEvents(response)) {
    if (event === "watching") onOpen();
    if (event !== "events") continue;
    const batch: unknown = JSON.parse(data);
    for (const item of list(batch, "items").slice(0, left - printed)) {
      console.log(options.json ? JSON.stringify(item) : lineOf(item));
      printed += 1;
    }
    const dropped = Number(member(batch, "dropped"));
    if (dropped > 0) console.error(`${dropped} more came and are not shown.`);
    // Leaving the loop closes the connection.
    if (printed >= left) break;
  }
  return printed;
}

async function run(options: Options): Promise<void> {
  let left = options.count ?? Infinity;
  let wait = FIRST_WAIT_MS;
  let opened = false;
  while (left > 0) {
    try {
      left -= await follow(options, left, () => {
        wait = FIRST_WAIT_MS;
        if (!opened) console.error(`Watching ${options.environment}. Ctrl-C ends it.`);
        else console.error("Connected again; what came meanwhile is not shown.");
        opened = true;
      });
    } catch (error) {
      const refused = error instanceof Failure && !(error instanceof Unreachable);
      // The first connection must work: a wrong address is not waited for.
      if (refused || !opened) throw error;
    }
    if (left <= 0) return;
    console.error(`The connection was lost; trying again in ${Math.ceil(wait / 1000)} s.`);
    await pause(wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}

/** `paceline events tail`. */
export function tailCommand(): Command {
  return withRemote(new Command("tail"))
    .description("print events as they arrive; reconnects by itself")
    .requiredOption("--environment <key>", "environment")
    .option("--type <type>", "only calls of this type, such as track or bad")
    .option("--event <name>", "only events of this name")
    .option("--person <id>", "only events of this user id or anonymous id")
    .option("--source <id>", "only events of this source, an id of an intake key")
    .addOption(
      new Option("--count <n>", "end after so many events").argParser((value) => {
        const count = Number(value);
        if (Number.isInteger(count) && count > 0) return count;
        throw new Failure("--count must be a whole number above 0.", EXIT.usage);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ paceline events tail --environment production --event "Order Completed"
  $ paceline events tail --environment production --type bad --json | jq .fault
With --json each event is one line. What is said about the connection goes to standard error.`,
    )
    .action((options: Options) => run(options));
}
