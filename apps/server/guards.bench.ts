/**
 * `npm run bench:guards -- [units…]`: what one reading of a plan's guards costs while events
 * go on arriving, by the units that the rollout has seen so far. The real store and database.
 */
import { exposureEvent } from "@paceline/events/domain";
import type { FlatEvent } from "@paceline/events/domain";
import { rolloutComparison } from "@paceline/flags/domain";
import type { Guard } from "@paceline/rollouts/domain";
import type { WatchedRun } from "@paceline/rollouts/server";

import { wireGuards } from "./guards.ts";
import { startTestServer } from "./test-server.ts";

const RUN = "0193a000-0000-7000-8000-0000000000f1";
const WORKSPACE = "0193a000-0000-7000-8000-000000000001";
const ENVIRONMENT = "production";
const CHUNK = 5_000;
const NEW_UNITS = 500;
const ROUNDS = 15;

const events = { type: "track", event: "Failed" };
const COMPARING: readonly Guard[] = [
  ...["failed", "paid"].map((metric): Guard => ({
    id: metric,
    name: metric,
    action: "roll-back",
    source: {
      kind: "event-metric",
      metric,
      direction: metric === "paid" ? "increase" : "decrease",
      scale: "absolute",
      margin: 0.05,
      windowHours: 24,
      minimumUnits: 50,
    },
  })),
  { id: "ratio", name: "ratio", action: "hold", source: { kind: "sample-ratio" } },
];
const SERIES: Guard = {
  id: "storm",
  name: "storm",
  action: "hold",
  source: {
    kind: "series-threshold",
    events,
    measure: { of: "events" },
    per: null,
    who: "everybody",
    bucketSeconds: 60,
    comparison: "above",
    threshold: 1e9,
    forSeconds: 300,
  },
};
const EXPOSED: Guard = {
  ...SERIES,
  id: "exposed storm",
  source: { ...SERIES.source, who: "exposed" } as Guard["source"],
};

function unitEvents(unit: string, index: number, at: number): readonly FlatEvent[] {
  const isExposed = index % 2 === 0;
  const exposure = exposureEvent({
    workspace: WORKSPACE,
    environment: ENVIRONMENT,
    flagKey: "f",
    experimentId: rolloutComparison(RUN, 0.3)?.id ?? "",
    revision: "1",
    variant: isExposed ? "on" : "held-back",
    unit,
    at,
  });
  const name = index % 20 === 0 ? "Failed" : "Paid";
  const done: FlatEvent = {
    ...exposure,
    source: "bench",
    messageId: `${unit}-${name}`,
    type: "track",
    event: name,
    at: at + 1,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
  };
  return [exposure, done];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function measure(units: number): Promise<string> {
  const server = await startTestServer();
  try {
    const { parts } = server;
    let made = 0;
    const add = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= CHUNK) {
        const now = parts.clock.now().getTime();
        const batch = Array.from({ length: Math.min(CHUNK, left) }, () => {
          made += 1;
          return unitEvents(`unit-${made}`, made, now);
        });
        const appended = await parts.events.append(batch.flat());
        if (!appended.ok) throw new Error(appended.error.kind);
        if (made % (CHUNK * 10) === 0) await parts.events.flush();
      }
      await parts.events.flush();
    };
    for (const [key, event] of [
      ["failed", "Failed"],
      ["paid", "Paid"],
    ] as const) {
      const definition = {
        key,
        name: key,
        description: "",
        statistic: "proportion",
        numerator: { event, aggregation: "any", property: null },
        denominator: null,
        format: "percent",
      };
      await parts.store.db
        .insertInto("metrics")
        .values({
          workspace_id: WORKSPACE,
          key,
          definition: JSON.stringify(definition),
          updated_at: parts.clock.now(),
        })
        .execute();
    }
    const startedAt = new Date(parts.clock.now().getTime() - 1_000);
    const run = {
      workspaceId: WORKSPACE,
      runId: RUN,
      flagKey: "f",
      environment: ENVIRONMENT,
      ruleId: "r",
      startedAt,
      stages: [{ exposureShare: 0.3 }],
    };
    const stage = { id: "s", exposureShare: 0.3, enteredAt: startedAt };
    await add(units);
    await parts.events.compact();
    const figures: string[] = [];
    for (const [name, guards] of [
      ["2 metrics and the ratio", COMPARING],
      ["a series of everybody", [SERIES]],
      ["a series of exposed units", [EXPOSED]],
    ] as const) {
      const watched: WatchedRun = { run: { ...run, guards }, stage, sample: null };
      const { watch } = wireGuards(parts, { publish: () => undefined } as never, {
        list: async () => [watched],
        deliver: async () => undefined,
      });
      const taken: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        await add(NEW_UNITS);
        const began = performance.now();
        await watch.pass();
        taken.push(performance.now() - began);
      }
      // The first two readings make the table that later ones refresh.
      figures.push(`${name} ${median(taken.slice(2)).toFixed(0)} ms`);
    }
    return `${units} units: ${figures.join(", ")}`;
  } finally {
    await server.close();
  }
}

const sizes = process.argv.slice(2).map(Number);
for (const units of sizes.length === 0 ? [50_000, 500_000] : sizes) {
  console.log(await measure(units));
}
