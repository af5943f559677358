import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import { encodeEvents } from "@paceline/events/domain";
import type { FlatEvent } from "@paceline/events/domain";
import { openEventStore, readAddress } from "@paceline/events/server";

import { startClickHouse } from "./clickhouse-process.ts";
import { missingServers, startShards } from "./debian-shards.ts";
import { QUERIES } from "./queries.ts";
import { assertSame } from "./same-numbers.ts";
import { seededEvents } from "./seeded-events.ts";

/**
 * The network and the spreading over shards, with two real servers. Debian's are of 2018, which
 * nobody should use: they lack functions that the other statements need, and know no parameters, so
 * the statements run as they are shown to people.
 */
const RUN_IN_2018: readonly string[] = [
  "events by week",
  "exact units by week",
  "top names",
  "the catalog",
  "the newest events",
  "the next page of one unit's orders",
  "everything of two people",
];

/** Names that were other ones then. */
function in2018(statement: string): string {
  return statement
    .replaceAll(/\bfalse\b/g, "0")
    .replaceAll("uniqCombined64", "uniqCombined")
    .replaceAll(/ IN \[([^\]]*)\]/g, " IN ($1)");
}

const COLUMNS = `workspace String, environment String, source String, message_id String, type String,
  event String, unit String, user_id Nullable(String), anonymous_id Nullable(String),
  occurred_at Int64, client_timestamp Nullable(Int64), sent_at Nullable(Int64), received_at Int64,
  experiment_id Nullable(String), flag_key Nullable(String), revision Nullable(String),
  variant Nullable(String), properties String, context String`;

/** Each message once, as the door would take them. */
const events = [
  ...new Map(
    seededEvents(6_000).map((event) => [event.source + event.messageId, event] as const),
  ).values(),
];
const skip = missingServers() ?? false;
const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.toReversed()) await close();
});

/** A row as the table has it: bodies as text. */
function rowOf(event: FlatEvent): Record<string, unknown> {
  const row = JSON.parse(encodeEvents([event])) as Record<string, unknown>;
  return { ...row, properties: event.properties, context: event.context };
}

async function rows(client: ClickHouseClient, query: string): Promise<unknown[]> {
  const answer = await client.query({
    query,
    format: "JSONEachRow",
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const found = await answer.json<Record<string, unknown>>();
  // There was no boolean type.
  return found.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === "boolean" ? Number(value) : value,
      ]),
    ),
  );
}

function clientOf(url: string): ClickHouseClient {
  const client = createClient({ url });
  closing.push(() => client.close());
  return client;
}

/** The same events in the engine of today and spread over two shards by person. */
async function prepare(): Promise<{
  readonly current: ClickHouseClient;
  readonly spread: ClickHouseClient;
  readonly sqlOf: (name: string) => Promise<string>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-shards-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const server = await startClickHouse(join(folder, "current"));
  closing.push(() => server.stop());
  const address = readAddress(server.url);
  if (address === null) throw new Error(`${server.url} is no address`);
  const store = await openEventStore({ dataDir: join(folder, "node"), clickhouse: { address } });
  closing.push(() => store.close());
  await store.append(events);
  await store.flush();
  const pair = await startShards(folder);
  closing.push(() => pair.stop());
  const clients = pair.urls.map(clientOf);
  for (const client of clients) {
    await client.command({
      query: `CREATE TABLE paceline_events_local (${COLUMNS}) ENGINE = MergeTree
        PARTITION BY tuple() ORDER BY (workspace, environment, type, event, unit)`,
    });
    await client.command({
      query: `CREATE TABLE paceline_events (${COLUMNS})
        ENGINE = Distributed(pair, default, paceline_events_local, cityHash64(workspace, unit))`,
    });
  }
  const [spread] = clients;
  if (spread === undefined) throw new Error("no shard was started");
  await spread.insert({
    table: "paceline_events",
    values: events.map(rowOf),
    format: "JSONEachRow",
    clickhouse_settings: { insert_distributed_sync: 1 },
  });
  return {
    current: clientOf(server.url),
    spread,
    sqlOf: async (name) => {
      const query = QUERIES[name];
      if (query === undefined) throw new Error(`no query is called ${name}`);
      return (await store.run(query)).sql;
    },
  };
}

test("two real shards answer as one server of today does", { skip }, async (t) => {
  const { current, spread, sqlOf } = await prepare();
  const [counts] = await rows(
    spread,
    `SELECT (SELECT count() FROM paceline_events) AS everywhere,
      (SELECT count() FROM paceline_events_local) AS here`,
  );
  const { everywhere, here } = counts as { everywhere: number; here: number };
  assert.equal(everywhere, events.length);
  assert.ok(here > 0.3 * everywhere && here < 0.7 * everywhere);
  for (const name of RUN_IN_2018) {
    await t.test(name, async () => {
      const sql = await sqlOf(name);
      assertSame(await rows(spread, in2018(sql)), await rows(current, sql), new Set(["units"]));
    });
  }
});
