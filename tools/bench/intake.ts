/**
 * What the intake costs, against the work that nobody can avoid and against two rivals for the way
 * to a queryable store. All in one run, interleaved; read the ratios.
 *
 *   npm run bench:intake [-- --rounds 5 --batches 2000 --sustained 4000]
 *
 * 1. CPU of a batch (100 events, about 28 kB): in process from the bytes of a body to the bytes of
 *    log lines (decoded, parsed, checked, serialised, encoded into memory that is used again); taken
 *    over HTTP and acknowledged (on the disk), as the server's whole process spends it, with kernel,
 *    garbage collection and the message index. Neither includes the client.
 * 2. Events a second until queryable, from the first request to the last segment, with the client on
 *    the same cores: HTTP, log and segments, against DuckDB alone loading the same flat lines with
 *    one commit a file, and against DuckDB's JavaScript appender, which have all cores. Compaction is
 *    put off while events keep coming, and the rivals have none: its CPU is printed by itself.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { DuckDBInstance } from "@duckdb/node-api";
import { encodeEvents, encodeEventsTo, readBody } from "@paceline/events/domain";
import type { FlatEvent } from "@paceline/events/domain";

import { startIntakeChild } from "../../tests/faults/intake-child.ts";
import { SCOPE, WRITE_KEY } from "../../tests/faults/intake-server.ts";

const EVENTS_IN_BATCH = 100;
const CONNECTIONS = 32;
/**
 * Batches before those that are measured, on both sides: after 1,000 V8 still compiles on its other
 * threads for a fifteenth of the server's CPU, after 3,000 for a thirtieth.
 */
const WARM_UP = 3_000;
/** As the store seals its log files. */
const FILE_BYTES = 8 * 1024 * 1024;
const NEVER_MS = "3600000";

interface Round {
  readonly inProcessCpu: number;
  readonly acknowledgedCpu: number;
  readonly storedCpu: number;
  readonly compactionCpu: number;
  readonly http: number;
  readonly duckdb: Rival;
  readonly appender: Rival;
}

interface Rival {
  readonly eventsPerSecond: number;
  /** Of 100 events, in microseconds. */
  readonly cpu: number;
}

function makeBodies(round: string, batches: number): string[] {
  return Array.from({ length: batches }, (_, batch) =>
    JSON.stringify({
      batch: Array.from({ length: EVENTS_IN_BATCH }, (_unused, place) => ({
        type: "track",
        event: place % 3 === 0 ? "Order Completed" : "Product Viewed",
        userId: `customer-${(batch * 37 + place * 11) % 50_000}`,
        messageId: `node-next-1762000000000-${round}-${batch}-${place}`,
        timestamp: "2026-11-01T10:00:00.000Z",
        properties: { revenue: place / 4, currency: "EUR", sku: `sku-${place}` },
        context: { library: { name: "@segment/analytics-node", version: "3.1.0" } },
      })),
      sentAt: "2026-11-01T10:00:01.000Z",
    }),
  );
}

function readEvents(body: string): readonly FlatEvent[] {
  const parsed: unknown = JSON.parse(body);
  const read = readBody(parsed, "batch", {
    ...SCOPE,
    source: "drill-source",
    receivedAt: 1_762_000_000_000,
    replay: false,
    newMessageId: () => "none",
  });
  if (!read.ok) throw new Error(read.error.reason);
  return read.value.events;
}

const lineBuffer = Buffer.alloc(1024 * 1024);

/** The floor: what a server must do with a batch before it can write it. Nothing is kept. */
function flatten(body: Buffer): void {
  let length = 0;
  encodeEventsTo(readEvents(body.toString("utf8")), (line) => {
    length += lineBuffer.write(line, length, "utf8");
  });
}

/** Microseconds of CPU for a batch. */
function measureFloor(warmUp: readonly string[], bodies: readonly string[]): number {
  for (const body of warmUp) flatten(Buffer.from(body));
  const received = bodies.map((body) => Buffer.from(body));
  const before = process.cpuUsage();
  for (const body of received) flatten(body);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / bodies.length;
}

function requestsOf(bodies: readonly string[]): readonly Buffer[] {
  const key = btoa(`${WRITE_KEY}:`);
  return bodies.map((body) =>
    Buffer.from(
      `POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ${key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
}

/** Requests are made beforehand and sent on bare sockets: the client must not be what is measured. */
async function send(url: string, requests: readonly Buffer[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const queue = requests.values();
  const client = async (): Promise<void> => {
    const socket = connect(Number(port), hostname);
    try {
      for (const bytes of queue) {
        let status = 429;
        while (status === 429) status = await exchange(socket, bytes);
        if (status !== 200) throw new Error(`the server answered ${status}`);
      }
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}

function exchange(socket: Socket, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const read = (chunk: Buffer): void => {
      answer += chunk.toString("latin1");
      const head = answer.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1]);
      if (head === -1 || answer.length < head + 4 + length) return;
      socket.off("data", read);
      socket.off("error", reject);
      resolve(Number(answer.slice(9, 12)));
    };
    socket.on("data", read);
    socket.once("error", reject);
    socket.write(bytes);
  });
}

interface ServerRun {
  readonly cpuPerBatch: number;
  readonly eventsPerSecond: number;
  /** Of a batch: what compaction leaves to quiet moments. Null if nothing was loaded. */
  readonly compactionCpu: number | null;
}

/** Waits until the kernel has written what others left behind. */
async function settleDisk(): Promise<void> {
  await promisify(execFile)("sync");
}

/** Warm-up and measured bodies are sent to one process, which is new for every run. */
async function runServer(
  warmUp: readonly string[],
  bodies: readonly string[],
  load: boolean,
): Promise<ServerRun> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-bench-"));
  const roll = load ? [] : ["--roll-ms", NEVER_MS, "--roll-bytes", String(2 ** 40)];
  const [first, second] = [requestsOf(warmUp), requestsOf(bodies)];
  const server = startIntakeChild(dataDir, roll);
  try {
    const url = await server.ready;
    await send(url, first);
    if (load) await server.ask("flush", "flushed");
    await settleDisk();
    const cpuBefore = await cpuOf(server);
    const start = performance.now();
    await send(url, second);
    if (load) await server.ask("flush", "flushed");
    const seconds = (performance.now() - start) / 1_000;
    const cpuAfter = await cpuOf(server);
    if (load) await server.ask("compact", "compacted");
    const compaction = (await cpuOf(server)) - cpuAfter;
    return {
      cpuPerBatch: (cpuAfter - cpuBefore) / bodies.length,
      eventsPerSecond: (bodies.length * EVENTS_IN_BATCH) / seconds,
      compactionCpu: load ? compaction / (warmUp.length + bodies.length) : null,
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function cpuOf(server: ReturnType<typeof startIntakeChild>): Promise<number> {
  const line = await server.ask("cpu", "cpu ");
  return Number(line.slice("cpu ".length));
}

function stopwatch(): (events: number) => Rival {
  const begin = performance.now();
  const before = process.cpuUsage();
  return (events) => {
    const seconds = (performance.now() - begin) / 1_000;
    const { user, system } = process.cpuUsage(before);
    return {
      eventsPerSecond: events / seconds,
      cpu: ((user + system) / events) * EVENTS_IN_BATCH,
    };
  };
}

const TABLE = `CREATE TABLE event (workspace VARCHAR, environment VARCHAR, source VARCHAR,
  message_id VARCHAR, type VARCHAR, event VARCHAR, unit VARCHAR, user_id VARCHAR,
  anonymous_id VARCHAR, occurred_at BIGINT, client_timestamp BIGINT, sent_at BIGINT,
  received_at BIGINT, experiment_id VARCHAR, flag_key VARCHAR, revision VARCHAR, variant VARCHAR,
  properties JSON, context JSON)`;

async function withDatabase(
  work: (
    connection: Awaited<ReturnType<DuckDBInstance["connect"]>>,
    folder: string,
  ) => Promise<Rival>,
): Promise<Rival> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-bench-"));
  const instance = await DuckDBInstance.create(join(folder, "rival.duckdb"), { threads: "2" });
  const connection = await instance.connect();
  await connection.run(TABLE);
  try {
    return await work(connection, folder);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same lines in files of the store's size, each inserted and committed by DuckDB itself. */
function loadWithDuckDb(text: Buffer, events: number): Promise<Rival> {
  return withDatabase(async (connection, folder) => {
    const files: string[] = [];
    for (let start = 0; start < text.length;) {
      const limit = Math.min(text.length, start + FILE_BYTES);
      const end = limit === text.length ? limit : text.lastIndexOf(0x0a, limit - 1) + 1;
      const path = join(folder, `${files.length}.ndjson`);
      await writeFile(path, text.subarray(start, end));
      files.push(path);
      start = end;
    }
    await settleDisk();
    const finish = stopwatch();
    for (const path of files) {
      await connection.run(
        `INSERT INTO event BY NAME SELECT * FROM read_json('${path}', format = 'newline_delimited',
          columns = {workspace: 'VARCHAR', environment: 'VARCHAR', source: 'VARCHAR',
          message_id: 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', unit: 'VARCHAR',
          user_id: 'VARCHAR', anonymous_id: 'VARCHAR', occurred_at: 'BIGINT',
          client_timestamp: 'BIGINT', sent_at: 'BIGINT', received_at: 'BIGINT',
          experiment_id: 'VARCHAR', flag_key: 'VARCHAR', revision: 'VARCHAR', variant: 'VARCHAR',
          properties: 'JSON', context: 'JSON'})`,
      );
    }
    return finish(events);
  });
}

/** DuckDB's appender, handed the finished events; committed as often as the files above. */
function loadWithAppender(events: readonly FlatEvent[], perCommit: number): Promise<Rival> {
  return withDatabase(async (connection) => {
    await settleDisk();
    const finish = stopwatch();
    for (let start = 0; start < events.length; start += perCommit) {
      await connection.run("BEGIN");
      const appender = await connection.createAppender("event");
      for (const event of events.slice(start, start + perCommit)) appendRow(appender, event);
      appender.closeSync();
      await connection.run("COMMIT");
    }
    return finish(events.length);
  });
}

type Appender = Awaited<
  ReturnType<Awaited<ReturnType<DuckDBInstance["connect"]>>["createAppender"]>
>;

function appendRow(appender: Appender, event: FlatEvent): void {
  const text = (value: string | null): void =>
    value === null ? appender.appendNull() : appender.appendVarchar(value);
  const instant = (value: number | null): void =>
    value === null ? appender.appendNull() : appender.appendBigInt(BigInt(value));
  for (const value of [event.workspace, event.environment, event.source, event.messageId]) {
    text(value);
  }
  for (const value of [event.type, event.event, event.unit, event.userId, event.anonymousId]) {
    text(value);
  }
  for (const value of [event.at, event.timestamp, event.sentAt, event.receivedAt]) instant(value);
  for (const value of [event.experimentId, event.flagKey, event.revision, event.variant]) {
    text(value);
  }
  text(event.properties);
  text(event.context);
  appender.endRow();
}

async function runRound(round: number, batches: number, sustained: number): Promise<Round> {
  const warmUp = makeBodies(`w${round}`, WARM_UP);
  const bodies = makeBodies(`r${round}`, batches);
  // On both sides of the server's run, as DuckDB below: a change of the machine's load meets both.
  const floorBefore = measureFloor(warmUp, bodies);
  const acknowledged = await runServer(warmUp, bodies, false);
  const floorAfter = measureFloor(warmUp, bodies);
  const many = makeBodies(`s${round}`, sustained);
  const text = Buffer.concat(many.map((body) => Buffer.from(encodeEvents(readEvents(body)))));
  const count = many.length * EVENTS_IN_BATCH;
  const duckDbBefore = await loadWithDuckDb(text, count);
  const stored = await runServer(warmUp, many, true);
  const duckDbAfter = await loadWithDuckDb(text, count);
  const events = many.flatMap((body) => readEvents(body));
  return {
    inProcessCpu: (floorBefore + floorAfter) / 2,
    acknowledgedCpu: acknowledged.cpuPerBatch,
    storedCpu: stored.cpuPerBatch,
    compactionCpu: stored.compactionCpu ?? Number.NaN,
    http: stored.eventsPerSecond,
    duckdb: {
      eventsPerSecond: (duckDbBefore.eventsPerSecond + duckDbAfter.eventsPerSecond) / 2,
      cpu: (duckDbBefore.cpu + duckDbAfter.cpu) / 2,
    },
    appender: await loadWithAppender(
      events,
      Math.floor(events.length / Math.max(1, text.length / FILE_BYTES)),
    ),
  };
}

function spread(of: (round: Round) => number, digits = 0): string {
  const sorted = rounds.map(of).toSorted((a, b) => a - b);
  const [low, middle, high] = [
    sorted.at(0),
    sorted.at(Math.floor(sorted.length / 2)),
    sorted.at(-1),
  ].map((value) => (value ?? Number.NaN).toFixed(digits));
  return `${middle} (${low} to ${high})`;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    batches: { type: "string", default: "2000" },
    sustained: { type: "string", default: "4000" },
  },
});
const rounds: Round[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  rounds.push(await runRound(round, Number(values.batches), Number(values.sustained)));
  process.stderr.write(`round ${round + 1} of ${values.rounds}\n`);
}
const [sample] = makeBodies("s", 1);
console.log(`batch: ${EVENTS_IN_BATCH} events, ${sample?.length ?? 0} bytes; median (lowest to highest)
CPU of a batch, microseconds
  bytes to lines in process              ${spread((r) => r.inProcessCpu)}
  HTTP, acknowledged                     ${spread((r) => r.acknowledgedCpu)}
  HTTP, acknowledged and in segments     ${spread((r) => r.storedCpu)}
  compaction afterwards, not in the rest ${spread((r) => r.compactionCpu)}
  ratio acknowledged / in process        ${spread((r) => r.acknowledgedCpu / r.inProcessCpu, 2)}
Events a second until queryable
  HTTP, log, segments                    ${spread((r) => r.http)}
  DuckDB alone, same flat lines          ${spread((r) => r.duckdb.eventsPerSecond)}
  DuckDB's JavaScript appender           ${spread((r) => r.appender.eventsPerSecond)}
  ratio to DuckDB alone                  ${spread((r) => r.http / r.duckdb.eventsPerSecond, 2)}
  ratio to the appender                  ${spread((r) => r.http / r.appender.eventsPerSecond, 2)}
CPU of 100 events in the rivals, microseconds
  DuckDB alone, same flat lines          ${spread((r) => r.duckdb.cpu)}
  DuckDB's JavaScript appender           ${spread((r) => r.appender.cpu)}`);
