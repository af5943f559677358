/**
 * A server killed in the middle of the e-mail example: started again, the example goes on, and in the
 * end every customer and every order of the file was counted once.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TestContext } from "node:test";

import { DuckDBInstance } from "@duckdb/node-api";
import { verifyAudit } from "@paceline/audit/server";
import { closeDatabase, openDatabase } from "@paceline/db";
import { startPostgres, stopPostgres } from "@paceline/postgres";

import { runExample } from "../examples/run-example.ts";
import type { ExampleRun } from "../examples/run-example.ts";
import { randomFrom, writeEmailFile } from "./email-file.ts";
import type { EmailFile } from "./email-file.ts";
import { freePort, isAlive, makeAdminKey, postgresPid, startServerChild } from "./server-child.ts";
import type { ServerChild } from "./server-child.ts";

const ROWS = 6_000;
const FILE_SEED = 20_080_303;
const KILLS = 2;
const POLL_MS = 20;

const folder = mkdtempSync(join(tmpdir(), "paceline-server-kill-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Which moments are chosen; print it to try the same again. */
const seed = Number(process.env["PACELINE_FAULT_SEED"] ?? randomInt(2 ** 31));

/** Requests that this process of the server has answered, by its own metrics. */
async function answered(server: ServerChild): Promise<number> {
  const text = await (await fetch(new URL("/metrics", server.url))).text();
  const counts = text.matchAll(/^paceline_http_request_seconds_count\{[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Kills the server once it has answered some number of further requests. */
async function killAfter(server: ServerChild, requests: number): Promise<void> {
  const goal = (await answered(server)) + requests;
  while ((await answered(server)) < goal) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  await server.kill();
}

interface Drill {
  readonly run: ExampleRun;
  readonly file: EmailFile;
  readonly dataDir: string;
  readonly exitCode: number | null;
}

async function drill(t: TestContext): Promise<Drill> {
  t.diagnostic(`PACELINE_FAULT_SEED=${seed}`);
  const random = randomFrom(seed);
  const dataDir = join(folder, "data");
  const path = join(folder, "customers.csv");
  const file = writeEmailFile(path, ROWS, FILE_SEED);
  const port = await freePort();
  let server = await startServerChild(dataDir, port);
  t.after(async () => {
    await server.stop();
    await stopPostgres(join(dataDir, "postgres"));
  });
  const key = await makeAdminKey(server);
  const running = runExample("email-campaign", [path, "--url", server.url, "--key", key]);
  let isOver = false;
  running.catch(() => undefined).finally(() => (isOver = true));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const requests = 200 + Math.floor(random() * (ROWS / KILLS - 600));
    await killAfter(server, requests);
    assert.equal(
      isOver,
      false,
      "the example ended before the server was killed: nothing was proved",
    );
    const orphan = await postgresPid(dataDir);
    assert.ok(await isAlive(orphan), "PostgreSQL went down with the server");
    server = await startServerChild(dataDir, port);
    assert.equal(await postgresPid(dataDir), orphan, "the running PostgreSQL was not adopted");
    t.diagnostic(`killed after ${requests} requests; PostgreSQL ${orphan} was adopted`);
  }
  const run = await running;
  const pid = await postgresPid(dataDir);
  const exitCode = await server.stop();
  assert.equal(await isAlive(pid), false, "PostgreSQL outlives a server that was told to stop");
  return { run, file, dataDir, exitCode };
}

interface Stored {
  readonly event: string;
  readonly variant: string | null;
  readonly messages: number;
  readonly ids: number;
  readonly units: number;
}

/** What lies in the files of the event store, counted without the product. */
async function readStored(dataDir: string): Promise<readonly Stored[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT event, variant, count(*)::INTEGER AS messages, count(DISTINCT message_id)::INTEGER AS ids,
       count(DISTINCT unit)::INTEGER AS units
     FROM read_parquet($1) WHERE unit <> 'telemetry-probe' GROUP BY event, variant`,
    [join(dataDir, "events", "segments", "*.parquet")],
  );
  const rows = reader.getRowObjects();
  connection.closeSync();
  instance.closeSync();
  return rows.map((row) => ({
    event: String(row["event"]),
    variant: row["variant"] === null ? null : String(row["variant"]),
    messages: Number(row["messages"]),
    ids: Number(row["ids"]),
    units: Number(row["units"]),
  }));
}

function assertCounted({ run, file }: Drill): void {
  const { verdicts, crossExposedUnits, units } = run.report;
  assert.equal(units, file.rows);
  assert.equal(crossExposedUnits, 0);
  for (const { arm, metrics } of verdicts) {
    for (const { metric, control, treatment } of metrics) {
      for (const [name, side] of [
        ["no_email", control],
        [arm, treatment],
      ] as const) {
        const counts = file.arms[name];
        assert.ok(counts !== undefined);
        assert.equal(side.n, counts.customers, `customers of ${name}`);
        const total = { visit: counts.visits, conversion: counts.orders, spend: counts.spend }[
          metric
        ];
        assert.ok(
          total !== undefined && Math.abs(side.n * side.value - total) < 1e-6,
          `${metric} of ${name}`,
        );
      }
    }
  }
}

test("a server killed twice during the example loses and doubles nothing, and its log verifies", async (t) => {
  const done = await drill(t);
  assert.equal(done.exitCode, 0);
  assert.equal(done.run.report.verdict, "ship");
  assertCounted(done);
  const stored = await readStored(done.dataDir);
  const { arms, rows } = done.file;
  const total = (of: "visits" | "orders"): number =>
    Object.values(arms).reduce((sum, counts) => sum + counts[of], 0);
  const find = (event: string): Stored | undefined => stored.find((row) => row.event === event);
  assert.deepEqual(find("Site Visited")?.messages, total("visits"));
  assert.deepEqual(find("Order Completed")?.messages, total("orders"));
  const exposures = stored.filter(({ variant }) => variant !== null);
  assert.equal(
    exposures.reduce((sum, { units }) => sum + units, 0),
    rows,
  );
  for (const { event, messages, ids } of stored)
    assert.equal(messages, ids, `${event} was doubled`);
  const postgres = await startPostgres({ dataDir: join(done.dataDir, "postgres") });
  const db = openDatabase(postgres.url, () => undefined);
  try {
    const found = await verifyAudit({ auditFolder: join(done.dataDir, "audit"), db });
    assert.equal(found.exitCode, 0, JSON.stringify(found));
  } finally {
    await closeDatabase(db);
    await postgres.stop();
  }
});
