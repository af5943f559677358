import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { openEventStore, readAddress } from "@paceline/events/server";
import type { EventStore } from "@paceline/events/server";

import { startClickHouse } from "./clickhouse-process.ts";
import { QUERIES } from "./queries.ts";
import { seededEvents } from "./seeded-events.ts";

/**
 * `node tests/clickhouse/compare.ts --events 1000000`: the rate of loading and the time of each query
 * on both engines, interleaved, and what counting copies once costs. Medians of three.
 */
const { values } = parseArgs({ options: { events: { type: "string", default: "300000" } } });
const BATCH = 5_000;
const ROUNDS = 3;

async function load(store: EventStore, count: number): Promise<number> {
  let seconds = 0;
  for (let start = 0, seed = 1; start < count; start += 50_000, seed += 1) {
    const events = seededEvents(Math.min(50_000, count - start), seed).map((event, place) => ({
      ...event,
      messageId: `${seed}-${place}`,
      unit: `${event.unit}-${seed % 4}`,
    }));
    const started = performance.now();
    for (let from = 0; from < events.length; from += BATCH) {
      await store.append(events.slice(from, from + BATCH));
    }
    await store.flush();
    seconds += (performance.now() - started) / 1_000;
  }
  return count / seconds;
}

async function milliseconds(store: EventStore, name: string): Promise<number> {
  const query = QUERIES[name];
  if (query === undefined) return 0;
  const started = performance.now();
  await store.run(query);
  return performance.now() - started;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

const folder = await mkdtemp(join(tmpdir(), "paceline-compare-"));
const server = await startClickHouse(join(folder, "clickhouse"));
const address = readAddress(server.url);
if (address === null) throw new Error("no address");
const count = Number(values.events);
const embedded = await openEventStore({ dataDir: join(folder, "embedded") });
const remote = await openEventStore({ dataDir: join(folder, "one"), clickhouse: { address } });
console.log(`loading: embedded ${Math.round(await load(embedded, count))} events/s`);
console.log(`loading: ClickHouse ${Math.round(await load(remote, count))} events/s`);
const times = new Map<string, number[][]>();
const measure = async (column: number, store: EventStore): Promise<void> => {
  for (const name of Object.keys(QUERIES)) {
    const row = times.get(name) ?? [[], [], []];
    times.set(name, row);
    row[column]?.push(await milliseconds(store, name));
  }
};
for (let round = 0; round < ROUNDS; round += 1) {
  await measure(0, embedded);
  await measure(1, remote);
}
// A second node that has loaded anything makes every statement count copies once.
const two = await openEventStore({
  dataDir: join(folder, "two"),
  nodeId: "two",
  clickhouse: { address },
});
await two.append(seededEvents(10, 999));
await two.flush();
for (let round = 0; round < ROUNDS; round += 1) await measure(2, remote);
console.log("query: embedded ms, ClickHouse ms, ClickHouse with copies ms");
for (const [name, row] of times)
  console.log(`${name}: ${row.map((list) => median(list).toFixed(0)).join(", ")}`);
for (const store of [two, remote, embedded]) await store.close();
await server.stop();
await rm(folder, { recursive: true, force: true });
