/**
 * What the typed plans cost, against the SQL that an analyst would write for the same questions over
 * the same files with the same engine; and what a running experiment's refresh costs after one
 * percent of new events. Both in one run, interleaved; read the ratios.
 *
 *   npm run bench:query -- [--events 10000000] [--rounds 5] [--data DIR]
 *
 * The data is made once and kept: 10 million events take 0.7 GB and two minutes of CPU, 100 million
 * (the long form) 6.5 GB and ten minutes. The store runs in a process of its own, whose most memory
 * is printed after each step.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { isDeepStrictEqual, parseArgs } from "node:util";

import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";
import { decodeLine } from "@paceline/events/domain";
import type { FlatEvent } from "@paceline/events/domain";

import { CUT, queryData } from "./query-data.ts";
import type { QueryData } from "./query-data.ts";
import { QUESTIONS } from "./query-questions.ts";
import type { StoreCall, StoreReply } from "./query-store.ts";

const BATCH = 2_000;
const KINDS = ["experiment", "funnel", "retention"] as const;

class StoreProcess {
  readonly #child: ChildProcess;
  /** Rejects when the process ends before it was told to. */
  readonly #ended: Promise<never>;
  #closing = false;
  peakMiB = 0;

  constructor(dataDir: string) {
    const options = { serialization: "advanced" } as const;
    this.#child = fork(new URL("query-store.ts", import.meta.url), [dataDir], options);
    this.#ended = once(this.#child, "exit").then(([code]) => {
      throw new Error(`the store's process ended with ${String(code)}`);
    });
    this.#ended.catch((cause: unknown) => {
      if (!this.#closing) console.error(String(cause));
    });
  }

  /** Resolves with the next message: one for the start, and one for each call. */
  async next(): Promise<StoreReply> {
    const [reply]: StoreReply[] = await Promise.race([once(this.#child, "message"), this.#ended]);
    if (reply === undefined) throw new Error("the store sent nothing");
    this.peakMiB = reply.peakMiB;
    return reply;
  }

  async call(call: StoreCall): Promise<StoreReply> {
    this.#closing = call.call === "close";
    const reply = this.next();
    this.#child.send(call);
    return reply;
  }

  async close(): Promise<void> {
    await this.call({ call: "close" });
    await once(this.#child, "exit");
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: "string", default: "10000000" },
      rounds: { type: "string", default: "5" },
      data: { type: "string", default: join(tmpdir(), "paceline-bench") },
    },
  });
  const data = await queryData(values.data, Number(values.events));
  // The store may merge and what is appended stays in it: it works on a copy with the same files.
  const copy = await mkdtemp(join(values.data, "copy-"));
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(Math.min(4, availableParallelism())),
    memory_limit: "1GB",
    temp_directory: join(copy, "rival"),
    preserve_insertion_order: "false",
  });
  const rival = await instance.connect();
  try {
    await linkSegments(data.dataDir, copy);
    const store = new StoreProcess(copy);
    await store.next();
    printMemory("start", store);
    await rival.run("SET GLOBAL parquet_metadata_cache = true");
    const folder = join(data.dataDir, "events", "segments");
    const files = (await readdir(folder)).filter((name) => name.endsWith(".parquet"));
    await rival.run(
      `CREATE VIEW events AS FROM read_parquet([${files.map((name) => `'${join(folder, name)}'`).join(", ")}])`,
    );
    await comparePlans(store, rival, Number(values.rounds));
    await compareRefresh(store, rival, data);
    await store.close();
  } finally {
    rival.closeSync();
    instance.closeSync();
    await rm(copy, { recursive: true, force: true });
  }
}

/** Most memory until now. */
function printMemory(after: string, store: StoreProcess): void {
  const { peakMiB } = store;
  const megabytes = (peakMiB * 1024 * 1024) / 1_000_000;
  console.log(
    `memory     ${after}: the store's process had at most ${peakMiB.toFixed(0)} MiB (${megabytes.toFixed(0)} MB)`,
  );
}

/** Files never change under their name, so names are enough of a copy. */
async function linkSegments(from: string, to: string): Promise<void> {
  const folders = [from, to].map((dataDir) => join(dataDir, "events", "segments"));
  const [source = "", target = ""] = folders;
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const name of await readdir(source)) await link(join(source, name), join(target, name));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Median of the ratios of pairs, with the least and the largest. */
function ratioText(pairs: readonly (readonly [number, number])[], digits: number): string {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

async function comparePlans(
  store: StoreProcess,
  rival: DuckDBConnection,
  rounds: number,
): Promise<void> {
  for (const kind of KINDS) {
    const pairs: [number, number][] = [];
    const cores: [number, number][] = [];
    // The first round fills the caches of both, and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const asked =
        kind === "experiment"
          ? ({ kind, asOf: CUT - 1, word: `round-${round}` } as const)
          : ({ kind } as const);
      const ours = await store.call({ call: "ask", ...asked });
      const [begin, before] = [performance.now(), process.cpuUsage()];
      const rows = (await rival.runAndReadAll(QUESTIONS[kind].rival)).getRowObjectsJS();
      const theirs = performance.now() - begin;
      const { user, system } = process.cpuUsage(before);
      assertSame(kind, ours.answer, QUESTIONS[kind].theirs(rows));
      if (round === 0) continue;
      pairs.push([ours.ms, theirs]);
      cores.push([ours.cpuMs, (user + system) / 1_000]);
    }
    const [ours, theirs] = [0, 1].map((side) => timesText(pairs.map((pair) => pair[side] ?? NaN)));
    console.log(
      `${kind.padEnd(10)} plan ${ours}, hand-written ${theirs}, ratio ${ratioText(pairs, 2)}, of CPU ${ratioText(cores, 2)}`,
    );
    printMemory(kind, store);
  }
}

/** Median of times, with the least and the largest. */
function timesText(times: readonly number[]): string {
  const [least, most] = [Math.min(...times), Math.max(...times)];
  return `${median(times).toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)})`;
}

function timeText({ ms, cpuMs }: StoreReply): string {
  return `${ms.toFixed(0)} ms (CPU ${cpuMs.toFixed(0)} ms)`;
}

function assertSame(what: string, ours: unknown, theirs: unknown): void {
  if (!isDeepStrictEqual(ours, theirs)) {
    throw new Error(`${what} differs: ${JSON.stringify(ours)} and ${JSON.stringify(theirs)}`);
  }
}

/** Each part is one percent of the events: appended, then refreshed and computed anew. */
async function compareRefresh(
  store: StoreProcess,
  reader: DuckDBConnection,
  data: QueryData,
): Promise<void> {
  const experiment = { call: "ask", kind: "experiment" } as const;
  // The first time an experiment is asked for it is computed, the second time its units are kept.
  for (let time = 0; time < 2; time += 1) {
    await store.call({ ...experiment, asOf: CUT - 1, word: null });
  }
  const pairs: [number, number][] = [];
  const cores: [number, number][] = [];
  for (const [part, asOf] of data.arrivedBy.entries()) {
    const events = await append(store, reader, data.arrivals[part] ?? "");
    const refreshed = await store.call({ ...experiment, asOf, word: null });
    const computed = await store.call({ ...experiment, asOf, word: `part-${part}` });
    assertSame("refresh", refreshed.answer, computed.answer);
    pairs.push([refreshed.ms, computed.ms]);
    cores.push([refreshed.cpuMs, computed.cpuMs]);
    printMemory(`refresh ${part + 1}`, store);
    console.log(
      `refresh    after ${events} new events ${timeText(refreshed)}, computed anew ${timeText(computed)}`,
    );
    // Upkeep of what came would run beside the next part, and its CPU would be taken for a query's.
    await store.call({ call: "compact" });
  }
  console.log(
    `refresh    of a whole computation ${ratioText(pairs, 3)}, of its CPU ${ratioText(cores, 3)}`,
  );
}

async function append(
  store: StoreProcess,
  reader: DuckDBConnection,
  path: string,
): Promise<number> {
  const stream = await reader.stream(
    `SELECT to_json(a)::VARCHAR AS line FROM read_parquet('${path}') AS a`,
  );
  let count = 0;
  let batch: FlatEvent[] = [];
  const send = async (): Promise<void> => {
    await store.call({ call: "append", events: batch });
    count += batch.length;
    batch = [];
  };
  for await (const rows of stream.yieldRowsJs()) {
    for (const [line] of rows) {
      const event = typeof line === "string" ? decodeLine(line) : null;
      if (event === null) throw new Error("an arrival is no event");
      batch.push(event);
      if (batch.length >= BATCH) await send();
    }
  }
  if (batch.length > 0) await send();
  await store.call({ call: "flush" });
  return count;
}

await main();
