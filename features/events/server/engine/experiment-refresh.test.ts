import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { mergeExperiment } from "../../domain/index.ts";
import type { ExperimentQuery, ExperimentStatistics, FlatEvent } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import type { EventStore } from "../event-store.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-refresh-"));
after(() => rm(folder, { recursive: true, force: true }));

const QUERY: ExperimentQuery = {
  kind: "experiment",
  ...SCOPE,
  exposure: { experimentId: "e1" },
  metrics: [
    { key: "orders", event: "Order", aggregation: "count" },
    { key: "spend", event: "Order", aggregation: "sum", property: "value" },
  ],
  windowHours: 24,
  from: START,
  asOf: START,
  cut: "none",
};

/** Arrivals of one hour: exposures, some of them of hours ago or to another variant, and orders. */
function arrivals(hour: number): FlatEvent[] {
  const now = START + hour * HOUR;
  return Array.from({ length: 6 }, (_, place) => {
    const unit = `u${(hour * 5 + place * 7) % 40}`;
    const late = place === 3 ? 5 * HOUR : 0;
    if (place % 2 === 1) {
      const variant = (hour + place) % 11 === 0 ? "other" : "control";
      const at = Math.max(START, now - late);
      const messageId = `x${hour}-${place}`;
      return { ...sampleExposure(unit, variant, at), receivedAt: now, messageId };
    }
    return sampleEvent({
      messageId: `o${hour}-${place}`,
      unit,
      at: now,
      receivedAt: now,
      properties: JSON.stringify({ value: place / 4 }),
    });
  });
}

async function statistics(
  store: EventStore,
  query: ExperimentQuery,
): Promise<ExperimentStatistics> {
  return mergeExperiment(query, (await store.run(query)).rows);
}

/** Whole numbers stay; what depends on the order of addition agrees to 13 digits. */
function rounded(value: ExperimentStatistics): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, entry: unknown) =>
      typeof entry === "number" ? Number(entry.toPrecision(13)) : entry,
    ),
  );
}

test("a monitor that looks every hour sees what a whole computation sees, through merges and a restart", async () => {
  let store = await openEventStore({ dataDir: folder });
  try {
    for (let hour = 0; hour < 40; hour += 1) {
      await store.append(arrivals(hour));
      await store.flush();
      if (hour % 8 === 7) await store.compact();
      if (hour === 25) {
        await store.close();
        store = await openEventStore({ dataDir: folder });
      }
      const query = { ...QUERY, asOf: START + hour * HOUR };
      // As experiments ask: the present, and whose window has closed by now.
      const closed = { ...query, metrics: [], asOf: query.asOf - QUERY.windowHours * HOUR };
      for (const asked of [query, closed]) {
        // Under another flag's name it is a question that was never asked.
        const exposure = { ...query.exposure, flagKey: `never-${hour}` };
        const whole = await statistics(store, { ...asked, exposure });
        assert.deepEqual(rounded(await statistics(store, asked)), rounded(whole));
      }
    }
    const { segments } = await store.stats();
    assert.ok(segments < 40, `${segments} segments`);
  } finally {
    await store.close();
  }
});
