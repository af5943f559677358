/**
 * What grows with the number of events: storing them, and the experiment query.
 *
 *   node features/events/server/engine/experiment.bench.ts [--units 64000,640000]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { mergeExperiment } from "../../domain/index.ts";
import type { ExperimentQuery, FlatEvent } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";

const BATCH = 1_000;
const DAYS = 14;
const RUNS = 5;

const QUERY: ExperimentQuery = {
  kind: "experiment",
  ...SCOPE,
  exposure: { experimentId: "e1" },
  metrics: [
    { key: "visit", event: "Visit", aggregation: "any" },
    { key: "conversion", event: "Order", aggregation: "any" },
    { key: "spend", event: "Order", aggregation: "sum", property: "value" },
  ],
  windowHours: 72,
  from: START,
  asOf: START + DAYS * 24 * HOUR,
  cut: "day",
};

/** One exposure for each unit, and three events for every two. */
function eventsOf(unit: number): FlatEvent[] {
  const at = START + ((unit * 7_919) % (DAYS * 24)) * HOUR;
  const name = `customer-${unit}`;
  const variant = unit % 2 === 0 ? "control" : "treatment";
  const follow = (messageId: string, event: string): FlatEvent =>
    sampleEvent({
      messageId,
      unit: name,
      event,
      at: at + HOUR,
      receivedAt: at + HOUR,
      properties: JSON.stringify({ value: unit % 100 }),
    });
  return [
    sampleExposure(name, variant, at),
    follow(`v${unit}`, "Visit"),
    ...(unit % 2 === 0 ? [follow(`o${unit}`, "Order")] : []),
  ];
}

async function measure(units: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-bench-"));
  const store = await openEventStore({ dataDir });
  try {
    const cpu = process.cpuUsage();
    let events = 0;
    for (let start = 0; start < units; start += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, units - start) }, (_, i) =>
        eventsOf(start + i),
      ).flat();
      while (!(await store.append(batch)).ok) await store.flush();
      events += batch.length;
    }
    await store.flush();
    const used = process.cpuUsage(cpu);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const begin = performance.now();
      mergeExperiment(QUERY, (await store.run(QUERY)).rows);
      times.push(performance.now() - begin);
    }
    const { segments, segmentBytes } = await store.stats();
    const sorted = times.toSorted((a, b) => a - b);
    console.log(
      `${events} events: stored with ${((used.user + used.system) / 1e6).toFixed(1)} s of CPU, ` +
        `${segments} segments, ${(segmentBytes / events).toFixed(0)} bytes an event, ` +
        `experiment query ${sorted.map((time) => time.toFixed(0)).join(" ")} ms, ` +
        `process ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
    );
  } finally {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: { units: { type: "string", default: "64000,640000" } },
});
for (const units of values.units.split(",")) await measure(Number(units));
