import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { DuckDBInstance } from "@duckdb/node-api";

import { contextEvent } from "../../domain/index.ts";
import type { EventQuery } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";
import { readRows } from "./rows.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-shown-sql-"));
const store = await openEventStore({ dataDir: folder });
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
after(async () => {
  connection.closeSync();
  instance.closeSync();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

await store.append([
  ...["0a", "0b"].map((rank, place) =>
    contextEvent({
      ...SCOPE,
      unit: `u${place}`,
      rank,
      share: 0.5,
      at: START + HOUR,
      context: '{"plan":"it\'s pro"}',
    }),
  ),
  sampleExposure("it's u1", "control", START),
  sampleExposure("u2", "treatment", START + HOUR),
  ...["it's u1", "u2", "u3"].map((unit, place) =>
    sampleEvent({
      messageId: `m${place}`,
      unit,
      at: START + (2 + place) * HOUR,
      properties: JSON.stringify({ value: place + 0.5, kind: "it's" }),
    }),
  ),
]);
await store.flush();

const order = { type: "track", event: "Order" } as const;
const range = { from: START, to: START + 24 * HOUR } as const;
const bucket = { bucketMs: HOUR, zoneOffsetMs: 0 } as const;
const value = { event: "Order", aggregation: "sum", property: "value" } as const;

const QUERIES: readonly EventQuery[] = [
  {
    kind: "experiment",
    ...SCOPE,
    exposure: { experimentId: "e1" },
    variants: ["control", "treatment"],
    metrics: [{ key: "spend", ...value, denominator: { event: "Order", aggregation: "count" } }],
    windowHours: 72,
    from: START,
    asOf: START + 48 * HOUR,
    cut: "day",
  },
  {
    kind: "series",
    ...SCOPE,
    events: order,
    measure: { of: "sum", property: "value" },
    ...range,
    ...bucket,
    split: { by: "property", property: "kind", top: 1 },
  },
  {
    kind: "funnel",
    ...SCOPE,
    steps: [{ type: "exposure" }, order],
    windowMs: 24 * HOUR,
    ...range,
    split: { by: "variant", exposure: { flagKey: "checkout", experimentId: "e1" }, from: START },
  },
  {
    kind: "retention",
    ...SCOPE,
    start: {},
    returning: order,
    ...range,
    asOf: START + 48 * HOUR,
    cell: "month",
    cells: 2,
    zoneOffsetMs: -HOUR,
  },
  {
    kind: "top",
    ...SCOPE,
    of: { by: "event" },
    events: order,
    measure: "units",
    ...range,
    limit: 5,
  },
  { kind: "catalog", ...SCOPE, ...range, bucketMs: HOUR },
  { kind: "recent", ...SCOPE, unit: "it's u1", limit: 5 },
  { kind: "find", ...SCOPE, identifiers: ["it's u1", "u3"], limit: 5 },
  { kind: "contexts", ...SCOPE, ...range, limit: 5 },
];

for (const query of QUERIES) {
  test(`the SQL shown for a ${query.kind} query runs as it stands and gives the same rows`, async () => {
    const { rows, sql, newestReceivedAt } = await store.run(query);
    assert.ok(rows.length > 0);
    const shown = (await connection.runAndReadAll(sql)).getRowObjectsJS();
    assert.deepEqual(readRows(query, shown), rows);
    assert.equal(newestReceivedAt, START + 4 * HOUR);
  });
}

test("everything kept of a person is found, and comes in pages", async () => {
  const query = { kind: "find", ...SCOPE, identifiers: ["it's u1", "u3"], limit: 2 } as const;
  const { rows: page } = await store.run(query);
  const last = page.at(-1);
  assert.ok(last !== undefined);
  const { rows: next } = await store.run({ ...query, after: last });
  assert.deepEqual(
    [...page, ...next].map((row) => [row.type, row.unit]),
    [
      ["exposure", "it's u1"],
      ["track", "it's u1"],
      ["track", "u3"],
    ],
  );
});
