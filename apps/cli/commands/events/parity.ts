import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";

import { Command, Option } from "commander";

import { EXIT, Failure, print, table } from "../../outcome.ts";
import { list, text, withRemote } from "../../remote.ts";
import type { Remote } from "../../remote.ts";
import { openStream } from "../../stream.ts";
import { boundsOf } from "./time.ts";

interface Options extends Remote {
  readonly json: boolean;
  readonly environment: string;
  readonly from: string;
  readonly to: string;
  readonly format?: "ndjson" | "csv";
  readonly source?: string;
  readonly map?: string;
}

const COLUMNS = ["messageId", "event", "timestamp", "properties"] as const;
const SHOWN_EVENTS = 20;

/** `messageId=id,event=name` as query fields. @throws Failure for another name */
function mapping(map: string | undefined): Record<string, string> {
  if (map === undefined) return {};
  return Object.fromEntries(
    map.split(",").map((part) => {
      const [name = "", column = ""] = part.split("=", 2);
      if (COLUMNS.some((known) => known === name) && column !== "") return [name, column];
      throw new Failure(
        `--map takes ${COLUMNS.join(", ")}, such as messageId=id,timestamp=ts; ${part} is none.`,
        EXIT.usage,
      );
    }),
  );
}

function lines(report: unknown): string {
  const events = list(report, "events");
  const rows = events
    .slice(0, SHOWN_EVENTS)
    .map((event) => [
      text(event, "event"),
      text(event, "here"),
      text(event, "there"),
      text(event, "missingHere"),
      text(event, "missingThere"),
      String(list(event, "schema").length),
    ]);
  const samples = events
    .filter((event) => list(event, "samplesMissingHere").length > 0)
    .map((event) => `${text(event, "event")}: ${list(event, "samplesMissingHere").join(", ")}`);
  const differences = events.flatMap((event) =>
    list(event, "schema").map(
      (one) =>
        [
          `${text(event, "event")}.${text(one, "property")}`,
          text(one, "kind"),
          list(one, "here").join(" or ") || "–",
          list(one, "there").join(" or ") || "–",
          `${text(one, "hours")} h from ${text(one, "firstAt").slice(0, 16)}Z`,
        ] as const,
    ),
  );
  return [
    text(report, "verdict", "sentence"),
    "",
    table([["event", "here", "there", "missing here", "only here", "properties differ"], ...rows]),
    ...(events.length > SHOWN_EVENTS ? [`… and ${events.length - SHOWN_EVENTS} more`] : []),
    ...(samples.length === 0 ? [] : ["", "Missing here, for example:", ...samples]),
    ...(differences.length === 0
      ? []
      : ["", table([["property", "difference", "here", "there", "during"], ...differences])]),
  ].join("\n");
}

async function run(file: string, options: Options): Promise<void> {
  await stat(file).catch(() => {
    throw new Failure(`${file} cannot be read.`, EXIT.usage);
  });
  const { environment, source } = options;
  const format = options.format ?? (/\.csv(?:\.gz)?$/iu.test(file) ? "csv" : "ndjson");
  const query = new URLSearchParams({
    environment,
    format,
    ...boundsOf(options, new Date()),
    ...(source === undefined ? {} : { source }),
    ...mapping(options.map),
  });
  const blob = await openAsBlob(file);
  const response = await openStream(options, `/api/v1/events/parity?${query.toString()}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: blob.stream(),
  });
  const report: unknown = await response.json();
  print(options.json, report, lines(report));
  if (text(report, "verdict", "kind") === "apart") process.exitCode = EXIT.failed;
}

/** `paceline events parity <file>`. */
export function parityCommand(): Command {
  return withRemote(new Command("parity"))
    .description("compare an export of another vendor with what is stored")
    .argument(
      "<file>",
      "NDJSON or CSV with a message id, an event name and a timestamp; gzip or not",
    )
    .requiredOption("--environment <key>", "environment")
    .requiredOption("--from <instant>", "start of the time, rounded to its hour")
    .requiredOption("--to <instant>", "end of the time, at most 31 days later")
    .addOption(
      new Option("--format <format>", "form of the file, else by its name").choices([
        "ndjson",
        "csv",
      ]),
    )
    .option("--source <id>", "compare with one source instead of all")
    .option("--map <columns>", "where the file keeps things: messageId=id,event=name,timestamp=ts")
    .addHelpText(
      "after",
      `
Example:
  $ paceline events parity segment-export.csv.gz --environment production --from 2026-11-01 --to 2026-11-02
Ends with 1 when more than one message in a thousand is missing here.`,
    )
    .action((file: string, options: Options) => run(file, options));
}
