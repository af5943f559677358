import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import {
  encodeEvents,
  mergeExperiment,
  mergeFunnel,
  mergeRetention,
  mergeSeries,
} from "../../domain/index.ts";
import type { EventQuery, FlatEvent, QueryOf, RowsOf } from "../../domain/index.ts";
import { scopesOf } from "../log/scopes.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";
import { Database } from "./duckdb/database.ts";
import { duckdb } from "./duckdb/dialect.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { PERSON_BUCKETS, personBucket } from "./person-bucket.ts";
import { compile } from "./plan.ts";
import { readRows } from "./rows.ts";
import { runsOf } from "./runs.ts";
import type { Segment } from "./segments.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-runs-"));
const database = await Database.open({
  threads: 2,
  memoryLimit: "1GB",
  tempFolder: join(folder, "tmp"),
  keepOrder: false,
});
after(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

/** Two hundred people, each with some events; every third event is in a file of everybody. */
const events: FlatEvent[] = Array.from({ length: 200 }, (_, person) => {
  const unit = `person-${person}`;
  const begin = START + (person % 30) * 11 * HOUR;
  return [
    sampleExposure(unit, person % 2 === 0 ? "control" : "treatment", begin),
    ...Array.from({ length: 8 }, (_unused, place) =>
      sampleEvent({
        messageId: `m${person}-${place}`,
        unit,
        event: (person + place) % 3 === 0 ? "Visit" : "Order",
        at: begin + place * (person % 7) * 5 * HOUR,
        receivedAt: begin + 900 * HOUR,
        properties: JSON.stringify({ value: place + person / 8 }),
      }),
    ),
  ];
}).flat();

async function segment(name: string, part: Segment["part"], held: FlatEvent[]): Promise<Segment> {
  const path = join(folder, `${name}.parquet`);
  await writeFile(`${path}.ndjson`, encodeEvents(held));
  await database.run(duckdbLoading.load(`${path}.ndjson`, path, "[]"));
  return { name, path, part, stretches: [], bytes: 0, scopes: scopesOf(held) };
}

const segments = [
  await segment(
    "arrivals",
    null,
    events.filter((_, place) => place % 3 === 0),
  ),
];
for (let bucket = 0; bucket < PERSON_BUCKETS; bucket += 1) {
  const own = events.filter(
    ({ workspace, unit }, place) => place % 3 !== 0 && personBucket(workspace, unit) === bucket,
  );
  if (own.length > 0) segments.push(await segment(`b${bucket}`, { month: "2026-01", bucket }, own));
}

async function answer<K extends EventQuery["kind"]>(
  query: QueryOf<K> & EventQuery,
  eventsARun: number,
): Promise<{ readonly runs: number; readonly rows: readonly RowsOf[K][] }>;
async function answer(
  query: EventQuery,
  eventsARun: number,
): Promise<{ readonly runs: number; readonly rows: readonly RowsOf[keyof RowsOf][] }> {
  const runs = runsOf(query, segments, eventsARun);
  const rows = [];
  for (const run of runs) rows.push(...(await database.all(compile(duckdb, query, run))));
  return { runs: runs.length, rows: readRows(query, rows) };
}

const order = { type: "track", event: "Order" } as const;
const visit = { type: "track", event: "Visit" } as const;
const range = { ...SCOPE, from: START, to: START + 900 * HOUR } as const;

function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, entry: unknown) =>
      typeof entry === "number" ? Number(entry.toPrecision(12)) : entry,
    ),
  );
}

test("an experiment is the same whether all people are looked at together or in groups", async () => {
  const query: QueryOf<"experiment"> = {
    kind: "experiment",
    ...SCOPE,
    exposure: { experimentId: "e1" },
    metrics: [{ key: "spend", event: "Order", aggregation: "sum", property: "value" }],
    windowHours: 48,
    from: START,
    asOf: START + 2_000 * HOUR,
    cut: "day",
  };
  const whole = await answer(query, 1_000_000);
  const groups = await answer(query, events.length / 4);
  assert.deepEqual([whole.runs, groups.runs], [1, 4]);
  assert.deepEqual(
    rounded(mergeExperiment(query, groups.rows)),
    rounded(mergeExperiment(query, whole.rows)),
  );
});

test("funnel, retention and units over time add up over groups of people", async () => {
  const funnel: QueryOf<"funnel"> = {
    kind: "funnel",
    ...range,
    steps: [order, visit, order],
    windowMs: 200 * HOUR,
    split: { by: "variant", exposure: { experimentId: "e1" }, from: START },
  };
  const retention: QueryOf<"retention"> = {
    kind: "retention",
    ...range,
    start: order,
    returning: visit,
    asOf: START + 900 * HOUR,
    cell: "day",
    cells: 10,
    zoneOffsetMs: HOUR,
  };
  const series: QueryOf<"series"> = {
    kind: "series",
    ...range,
    events: order,
    measure: { of: "units", precision: "exact" },
    bucketMs: 24 * HOUR,
    zoneOffsetMs: 0,
  };
  const one = 1_000_000;
  const [whole, groups] = [await answer(funnel, one), await answer(funnel, 1)];
  assert.deepEqual([whole.runs, groups.runs], [1, 16]);
  assert.deepEqual(mergeFunnel(funnel, groups.rows), mergeFunnel(funnel, whole.rows));
  assert.deepEqual(
    mergeRetention(retention, (await answer(retention, 1)).rows),
    mergeRetention(retention, (await answer(retention, one)).rows),
  );
  assert.deepEqual(
    mergeSeries(series, (await answer(series, 1)).rows),
    mergeSeries(series, (await answer(series, one)).rows),
  );
});

test("the most frequent values are never looked for in groups", () => {
  const split = { by: "property", property: "kind", top: 2 } as const;
  const funnel = {
    kind: "funnel",
    ...range,
    steps: [order, visit],
    windowMs: HOUR,
    split,
  } as const;
  assert.equal(runsOf(funnel, segments, 1).length, 1);
  const top = {
    kind: "top",
    ...range,
    of: { by: "event" },
    events: {},
    measure: "units",
    limit: 3,
  } as const;
  assert.equal(runsOf(top, segments, 1).length, 1);
});
