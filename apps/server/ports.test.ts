import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { openEventStore, recordExposures } from "@paceline/events/server";

import { eventStorePort } from "./ports.ts";

const AT = Date.UTC(2026, 0, 5);
const PLAN = {
  kind: "experiment",
  workspace: "w1",
  environment: "production",
  exposure: { flagKey: "checkout" },
  variants: ["a", "b"],
  metrics: [],
  windowHours: 24,
  from: AT,
  asOf: AT + 1,
  cut: "none",
} as const;

test("an experiment is told which events cannot be read, and nothing when all can", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-port-"));
  const exposure = { workspace: "w1", environment: "production", flagKey: "checkout" };
  const rest = { experimentId: null, revision: "1", variant: "a", unit: "u1", at: AT };
  const store = await openEventStore({ dataDir });
  await recordExposures(store, [{ ...exposure, ...rest }]);
  await store.flush();
  const whole = await eventStorePort(store).experiment(PLAN);
  assert.deepEqual([whole.variants[0]?.units, whole.missing], [1, null]);
  const segments = join(dataDir, "events", "segments");
  const [name = ""] = (await readdir(segments)).filter((file) => file.endsWith(".parquet"));
  await store.close();
  await truncate(join(segments, name), 40);
  const again = await openEventStore({ dataDir });
  const lacking = await eventStorePort(again).experiment(PLAN);
  assert.deepEqual(lacking.variants, []);
  assert.match(
    lacking.missing ?? "",
    /unknown number of events is missing: node-.* cannot be read/,
  );
  await again.close();
  await rm(dataDir, { recursive: true, force: true });
});
