import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

import { SingleBar } from "cli-progress";
import { Command, Option } from "commander";

import { Failure } from "../../outcome.ts";
import { withRemote } from "../../remote.ts";
import type { Remote } from "../../remote.ts";
import { openStream } from "../../stream.ts";
import { boundsOf, withTime } from "./time.ts";
import type { TimeOptions } from "./time.ts";

type Format = "ndjson" | "json" | "csv" | "parquet";

interface Options extends Remote, TimeOptions {
  readonly json: boolean;
  readonly environment: string;
  readonly format: Format;
  readonly type?: string;
  readonly event?: string;
  readonly person?: string;
  readonly source?: string;
}

const LINE_FEED = 10;

/** Counts what passes: lines of the text formats, bytes of Parquet. */
function meter(lines: boolean, onCount: (count: number) => void): Transform {
  let count = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (lines) for (const byte of chunk) count += byte === LINE_FEED ? 1 : 0;
      else count += chunk.length;
      onCount(count);
      done(null, chunk);
    },
  });
}

async function run(file: string | undefined, options: Options): Promise<void> {
  const { environment, format, type, event, person, source } = options;
  const query = new URLSearchParams({
    environment,
    format,
    ...boundsOf(options, new Date()),
    ...(type === undefined ? {} : { type }),
    ...(event === undefined ? {} : { event }),
    ...(person === undefined ? {} : { unit: person }),
    ...(source === undefined ? {} : { source }),
  });
  const response = await openStream(options, `/api/v1/events/export?${query.toString()}`);
  const events = Number(response.headers.get("x-paceline-events") ?? 0);
  const lines = format !== "parquet";
  const bar = new SingleBar({
    format: lines
      ? "  {bar} {percentage} %  {value} of {total} events  {eta_formatted} left"
      : "  {value} bytes",
    stream: process.stderr,
    hideCursor: true,
  });
  const visible = process.stderr.isTTY && file !== undefined;
  if (visible) bar.start(lines ? events : 0, 0);
  const body = Readable.fromWeb(response.body ?? new ReadableStream());
  const counted = meter(lines, (count) => bar.update(lines ? Math.min(count, events) : count));
  try {
    if (file === undefined) await pipeline(body, counted, process.stdout, { end: false });
    else await toFile(file, body, counted);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const left = file === undefined ? "What came before is not whole." : "Nothing of it is left.";
    throw new Failure(`The export did not get to its end: ${words}. ${left}`);
  } finally {
    bar.stop();
  }
  const words = `${events} events${file === undefined ? "" : ` in ${file}`}.`;
  if (options.json && file !== undefined) console.log(JSON.stringify({ events, file, format }));
  else console.error(words);
}

/** Under its name a file is whole: an interrupted export leaves none. */
async function toFile(file: string, body: Readable, counted: Transform): Promise<void> {
  const partial = `${file}.part`;
  try {
    await pipeline(body, counted, createWriteStream(partial, { mode: 0o600 }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** `paceline events export [file]`. */
export function exportCommand(): Command {
  const command = withRemote(new Command("export"))
    .description("write events to a file, or to standard output")
    .argument("[file]", "where to; standard output if left out")
    .requiredOption("--environment <key>", "environment")
    .addOption(
      new Option("--format <format>", "form of the file")
        .choices(["ndjson", "json", "csv", "parquet"])
        .default("ndjson"),
    )
    .option("--type <type>", "only calls of this type")
    .option("--event <name>", "only events of this name")
    .option("--person <id>", "only events of this unit")
    .option("--source <id>", "only events of this source");
  return withTime(command)
    .addHelpText(
      "after",
      `
Examples:
  $ paceline events export november.ndjson --environment production --from 2026-11-01 --to 2026-12-01
  $ paceline events export --environment production --event Order --format csv | head
NDJSON and JSON can be imported again: \`paceline events import\`. In CSV, cells that a spreadsheet
would run as a formula begin with a quote.`,
    )
    .action((file: string | undefined, options: Options) => run(file, options));
}
