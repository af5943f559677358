import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";

import { testDatabase } from "@paceline/test-kit";

import { controlOf, treatmentsOf } from "../domain/index.ts";
import { migrations } from "./migrations/index.ts";
import { findExperiment, insertExperiment } from "./repository.ts";
import type { Experiment } from "./repository.ts";
import { testCriterion } from "./test-criterion.ts";

const database = await testDatabase({ migrations: [migrations] });
after(database.close);

function draft(allocation: Record<string, number>): Experiment {
  return {
    id: randomUUID(),
    workspaceId: randomUUID(),
    initiativeId: null,
    name: "Order of arms",
    flagKey: "arms",
    environment: "production",
    state: "draft",
    criterion: testCriterion({ allocation }),
    criterionDigest: null,
    lockedAt: null,
    lockedBy: null,
    lockEntry: null,
    startedAt: null,
    endedAt: null,
    verdict: null,
    reason: null,
    createdAt: new Date("2026-01-05T00:00:00Z"),
    version: 1,
  };
}

test("a stored criterion keeps the order of its arms, so the control stays the control", async () => {
  const experiment = draft({ present_page: 0.4, zz: 0.3, a: 0.3 });
  await insertExperiment(database.db, experiment);
  const read = await findExperiment(database.db, experiment.workspaceId, experiment.id);
  assert.ok(read !== null);
  assert.equal(controlOf(read.criterion), "present_page");
  assert.deepEqual(treatmentsOf(read.criterion), ["zz", "a"]);
});
