import { stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

import { SingleBar } from "cli-progress";
import { Command, Option } from "commander";

import { EXIT, Failure, print } from "../../outcome.ts";
import { DEFAULT_URL, list, text } from "../../remote.ts";
import { formatOf, openMessages } from "./read-messages.ts";
import type { FileFormat } from "./read-messages.ts";
import { readMapping, toMessage } from "./to-message.ts";

const BATCH = 500;
/** Half of what the intake takes, so that no batch is refused for its size. */
const BATCH_LENGTH = 2_000_000;
const RETRY_FOR_MS = 60_000;
const SHOWN_FAULTS = 10;

interface Options {
  readonly url: string;
  readonly writeKey?: string;
  readonly format?: FileFormat;
  readonly map?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

interface Tally {
  sent: number;
  accepted: number;
  duplicate: number;
  rejected: number;
  unreadable: number;
}

async function send(options: Options, messages: readonly string[]): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${options.writeKey ?? ""}:`).toString("base64")}`;
  const deadline = performance.now() + RETRY_FOR_MS;
  for (;;) {
    const response = await fetch(new URL("/v1/batch", options.url), {
      method: "POST",
      headers: {
        authorization,
        "content-type": "application/json",
        ...(options.dryRun ? { "x-paceline-dry-run": "1" } : {}),
      },
      body: `{"batch":[${messages.join(",")}]}`,
    }).catch(() => null);
    if (response?.ok === true) return response.json();
    const busy = response === null || response.status === 429 || response.status === 503;
    if (!busy || performance.now() > deadline) {
      const answer: unknown = await response?.json().catch(() => null);
      throw new Failure(
        `The server refused a batch (${response?.status ?? "no answer"}): ${text(answer, "detail")} What was accepted stays; the same command goes on where it stopped, since every message counts once.`,
      );
    }
    await pause(Number(response?.headers.get("retry-after") ?? 1) * 1000);
  }
}

/** Adds an answer up, and collects the first faults with the message that they are about. */
class Import {
  readonly tally: Tally = { sent: 0, accepted: 0, duplicate: 0, rejected: 0, unreadable: 0 };
  readonly faults: string[] = [];
  readonly #options: Options;
  #batch: string[] = [];
  /** Where in the file the messages of the batch are, from 1. */
  #places: number[] = [];
  #place = 0;
  #length = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  async add(message: object | null): Promise<void> {
    this.#place += 1;
    if (message === null) {
      this.tally.unreadable += 1;
      this.#tell(this.#place, "is no JSON object");
      return;
    }
    const line = JSON.stringify(message);
    this.#batch.push(line);
    this.#places.push(this.#place);
    this.#length += line.length;
    if (this.#batch.length >= BATCH || this.#length >= BATCH_LENGTH) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const size = this.#batch.length;
    const answer = await send(this.#options, this.#batch);
    this.#batch = [];
    this.#length = 0;
    if (this.#options.dryRun) this.#countDry(answer);
    else this.#count(answer, size);
    this.#places = [];
    this.tally.sent += size;
  }

  #count(answer: unknown, size: number): void {
    const number = (name: string): number => Number(Reflect.get(Object(answer), name)) || 0;
    this.tally.accepted += number("accepted");
    this.tally.duplicate += number("duplicates");
    this.tally.rejected += size - number("accepted") - number("duplicates");
    this.#collect(list(answer, "faults"));
  }

  #countDry(answer: unknown): void {
    for (const event of list(answer, "events")) {
      const outcome = text(event, "outcome");
      if (outcome === "accepted") this.tally.accepted += 1;
      else if (outcome === "duplicate") this.tally.duplicate += 1;
      else this.tally.rejected += 1;
    }
    this.#collect(
      list(answer, "events").flatMap((event) => {
        const fault: unknown = Reflect.get(Object(event), "fault");
        return fault === null || fault === undefined
          ? []
          : [{ ...Object(fault), index: Number(text(event, "index")) }];
      }),
    );
  }

  #collect(faults: readonly unknown[]): void {
    for (const fault of faults) {
      const place = this.#places[Number(text(fault, "index"))] ?? 0;
      this.#tell(place, `${text(fault, "path")} ${text(fault, "reason")}`);
    }
  }

  #tell(place: number, words: string): void {
    if (this.faults.length < SHOWN_FAULTS) this.faults.push(`message ${place}: ${words}`);
  }
}

async function run(file: string, options: Options): Promise<Import> {
  const { size } = await stat(file).catch(() => {
    throw new Failure(`${file} cannot be read.`, EXIT.usage);
  });
  const done = new Import(options);
  const { rows, bytesRead } = await openMessages(file, options.format ?? formatOf(file));
  const mapping = readMapping(options.map);
  const bar = new SingleBar({
    format: "  {bar} {percentage} %  {sent} events  {eta_formatted} left",
    stream: process.stderr,
    hideCursor: true,
  });
  if (process.stderr.isTTY) bar.start(size, 0, { sent: 0 });
  try {
    for await (const row of rows) {
      await done.add(row === null ? null : toMessage(row, mapping));
      bar.update(bytesRead(), { sent: done.tally.sent });
    }
    await done.flush();
    bar.update(size, { sent: done.tally.sent });
  } finally {
    bar.stop();
  }
  return done;
}

/** `paceline events import <file>`, also `paceline import <file>`: through the public intake. */
export function importCommand(): Command {
  return new Command("import")
    .description(
      "send a file of messages through the intake; each counts once, however often it is sent",
    )
    .argument("<file>", "NDJSON, JSON array, CSV or Parquet; gzip or not")
    .addOption(new Option("--url <url>", "the server").env("PACELINE_URL").default(DEFAULT_URL))
    .addOption(new Option("--write-key <key>", "an intake key").env("PACELINE_WRITE_KEY"))
    .addOption(
      new Option("--format <format>", "form of the file, else by its name").choices([
        "ndjson",
        "json",
        "csv",
        "parquet",
      ]),
    )
    .option(
      "--map <columns>",
      "columns of the file: userId=customer,event=Name,properties.total=sum",
    )
    .option("--dry-run", "check every message and store none", false)
    .option("--json", "print one JSON document", false)
    .addHelpText(
      "after",
      `
Examples:
  $ paceline events import events.ndjson.gz --write-key pck_...
  $ paceline events import orders.csv --map "messageId=order_id,userId=customer,event=what,timestamp=when"
  $ paceline events import export.parquet --dry-run
A message without an id gets one made of its content. Interrupted, the same command goes on: what was
taken is answered as a duplicate. Ends with 1 when a message was rejected or unreadable.`,
    )
    .action(async (file: string, options: Options) => {
      if (options.writeKey === undefined)
        throw new Failure(
          "This needs an intake key: --write-key or PACELINE_WRITE_KEY.",
          EXIT.usage,
        );
      const { tally, faults } = await run(file, options);
      const words = `${tally.sent} ${options.dryRun ? "checked" : "sent"}: ${tally.accepted} ${options.dryRun ? "good" : "new"}, ${tally.duplicate} known already, ${tally.rejected} rejected, ${tally.unreadable} unreadable lines.`;
      print(options.json, tally, [words, ...faults.map((fault) => `  ${fault}`)].join("\n"));
      process.exitCode = tally.rejected + tally.unreadable === 0 ? EXIT.done : EXIT.failed;
    });
}
