import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";

import { SingleBar } from "cli-progress";
import { Command } from "commander";

import { EXIT, Failure, print } from "../outcome.ts";
import { text } from "../remote.ts";

const BATCH = 500;
const RETRY_FOR_MS = 60_000;

interface Options {
  readonly url: string;
  readonly writeKey?: string;
  readonly json: boolean;
}

interface Tally {
  sent: number;
  accepted: number;
  duplicate: number;
  rejected: number;
  unreadable: number;
}

async function send(options: Options, batch: readonly unknown[]): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${options.writeKey ?? ""}:`).toString("base64")}`;
  const deadline = performance.now() + RETRY_FOR_MS;
  for (;;) {
    const response = await fetch(new URL("/v1/batch", options.url), {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ batch }),
    }).catch(() => null);
    if (response?.ok === true) return response.json();
    const busy = response === null || response.status === 429 || response.status === 503;
    if (!busy || performance.now() > deadline) {
      const answer: unknown = await response?.json().catch(() => null);
      throw new Failure(
        `The server refused a batch (${response?.status ?? "no answer"}): ${text(answer, "detail")}`,
      );
    }
    const wait = Number(response?.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

function count(tally: Tally, size: number, answer: unknown): void {
  tally.sent += size;
  const number = (name: string): number => Number(Reflect.get(Object(answer), name)) || 0;
  tally.accepted += number("accepted");
  tally.duplicate += number("duplicates");
  tally.rejected += size - number("accepted") - number("duplicates");
}

async function run(file: string, options: Options): Promise<Tally> {
  const tally: Tally = { sent: 0, accepted: 0, duplicate: 0, rejected: 0, unreadable: 0 };
  const { size } = await stat(file).catch(() => {
    throw new Failure(`${file} cannot be read.`, EXIT.usage);
  });
  const bar = new SingleBar({
    format: "  {bar} {percentage} %  {sent} events",
    stream: process.stderr,
    hideCursor: true,
  });
  if (process.stderr.isTTY) bar.start(size, 0, { sent: 0 });
  let batch: unknown[] = [];
  let read = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    read += Buffer.byteLength(line) + 1;
    if (line.trim() === "") continue;
    try {
      batch.push(JSON.parse(line));
    } catch {
      tally.unreadable += 1;
    }
    if (batch.length < BATCH) continue;
    count(tally, batch.length, await send(options, batch));
    batch = [];
    bar.update(read, { sent: tally.sent });
  }
  if (batch.length > 0) count(tally, batch.length, await send(options, batch));
  bar.update(size, { sent: tally.sent });
  bar.stop();
  return tally;
}

/** `paceline import <file>`: sends recorded messages through the public intake. */
export function importCommand(): Command {
  return new Command("import")
    .description("send a file of Segment messages, one JSON object a line, through the intake")
    .argument("<file>", "NDJSON file")
    .option(
      "--url <url>",
      "the server (PACELINE_URL)",
      process.env["PACELINE_URL"] ?? "http://127.0.0.1:4410",
    )
    .option(
      "--write-key <key>",
      "an intake key (PACELINE_WRITE_KEY)",
      process.env["PACELINE_WRITE_KEY"],
    )
    .option("--json", "print one JSON document", false)
    .action(async (file: string, options: Options) => {
      if (options.writeKey === undefined) {
        throw new Failure(
          "This needs an intake key: --write-key or PACELINE_WRITE_KEY.",
          EXIT.usage,
        );
      }
      const tally = await run(file, options);
      const failed = tally.rejected + tally.unreadable;
      print(
        options.json,
        tally,
        `${tally.sent} sent: ${tally.accepted} new, ${tally.duplicate} known already, ${tally.rejected} rejected, ${tally.unreadable} unreadable lines.`,
      );
      process.exitCode = failed === 0 ? EXIT.done : EXIT.failed;
    });
}
