import assert from "node:assert/strict";
import { after, test } from "node:test";

import { migrations as audit } from "@paceline/audit/migrations";
import type { CommandContext } from "@paceline/command";
import { migrations as experiments } from "@paceline/experiments/migrations";
import { listLooks } from "@paceline/experiments/server";
import { migrations as flagTables } from "@paceline/flags/migrations";
import { err, ok } from "@paceline/result";
import { testDatabase } from "@paceline/test-kit";

import { NO_PLANS } from "./dependencies.ts";
import { migrations } from "./migrations/index.ts";
import { createMonitor } from "./monitor.ts";
import type { MonitorDependencies } from "./monitor.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const WORKSPACE = "0193a000-0000-7000-8000-000000000001";
const EXPERIMENT = "0193a000-0000-7000-8000-000000000002";
const { db, close } = await testDatabase({
  migrations: [audit, flagTables, experiments, migrations],
});
after(close);

let made = 0;
function newId(): string {
  made += 1;
  return `0193a000-0000-7000-8000-1${String(made).padStart(11, "0")}`;
}

const context = (): CommandContext => ({
  db,
  actor: { kind: "service", name: "monitor" },
  workspaceId: WORKSPACE,
  now: NOW,
  requestId: newId(),
  newId,
});

/** A flag of two revisions that knows which one is in force. */
let inForce = 2;
const flags = {
  revert: async () => {
    const fromRevision = inForce;
    inForce = 1;
    return ok({ flagId: WORKSPACE, fromRevision, toRevision: inForce, failingTests: [] });
  },
  find: async () => WORKSPACE,
  effective: async () => {},
};

const unused = (): never => assert.fail("no experiment runs");

function monitor(
  takeDueLook: MonitorDependencies["takeDueLook"] = unused,
  onError: MonitorDependencies["onError"] = (error) => {
    throw error;
  },
) {
  return createMonitor({
    flags,
    shadow: { prepare: async () => err("unused"), serves: () => [] },
    experiments: {
      events: { flush: unused, experiment: unused, showSql: unused },
      environmentNow: async () => NOW,
      readiness: unused,
      begin: unused,
      begun: unused,
      holdFlag: async () => undefined,
      conclude: unused,
      publish: () => {},
    },
    plans: NO_PLANS,
    monotonicMs: () => 0,
    publish: () => {},
    serviceContext: context,
    takeDueLook,
    onError,
  });
}

const metricless = { arm: "b", verdict: "rollback", reason: "worse", metrics: [] };
const analysis = {
  verdict: "rollback",
  reason: "worse",
  arms: [metricless],
  look: 1,
  informationFraction: 0.5,
  alphaSpent: 0.01,
  z: 2.5,
  srm: { p: 0.5, observed: {}, expected: {} },
  crossExposure: { units: 0, share: 0 },
  unmetMinimums: [],
  timeboxOver: false,
};

const criterion = {
  version: 1,
  hypothesis: "It gets better.",
  unit: "customer",
  primary: {
    metric: "m",
    statistic: "mean",
    direction: "increase",
    scale: "absolute",
    successAtLeast: 0,
    confidence: 0.95,
    mde: 1,
    power: 0.8,
  },
  guardrails: [],
  design: {
    allocation: { a: 0.5, b: 0.5 },
    plannedUnits: 100,
    looks: "daily",
    spending: "power:3",
    minDays: 1,
    maxDays: 7,
    minUnitsPerArm: 2,
    minConversionsPerArm: 0,
    conversionWindowHours: 24,
  },
  validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
  iteration: 1,
  maxIterations: 2,
};

test("a rollback that a killed process did not get to after its look is made up for, once", async () => {
  await db
    .insertInto("experiments")
    .values({
      id: EXPERIMENT,
      workspace_id: WORKSPACE,
      name: "x",
      flag_key: "f",
      environment: "production",
      state: "concluded",
      verdict: "rollback",
      criterion: JSON.stringify(criterion),
      created_at: NOW,
      started_at: NOW,
      ended_at: NOW,
    })
    .execute();
  await db
    .insertInto("experiment_looks")
    .values({
      workspace_id: WORKSPACE,
      experiment_id: EXPERIMENT,
      look: 1,
      kind: "scheduled",
      as_of: NOW,
      taken_at: NOW,
      information_fraction: 0.5,
      analysis: JSON.stringify(analysis),
      audit_entry: newId(),
    })
    .execute();
  await db
    .insertInto("rollback_definitions")
    .values({
      id: newId(),
      workspace_id: WORKSPACE,
      flag_key: "f",
      environment: "production",
      target: JSON.stringify({ kind: "revision", revision: 1 }),
      triggers: JSON.stringify(["primary-harm"]),
      mode: "automatic",
      owner_id: "o",
      verification: "seen",
      updated_at: NOW,
    })
    .execute();
  const [execution, ...others] = await monitor().pass(db);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [execution?.experimentId, execution?.fromRevision, execution?.toRevision],
    [EXPERIMENT, 2, 1],
  );
  inForce = 3;
  assert.deepEqual(await monitor().pass(db), [], "a later start leaves what was published since");
  assert.equal(inForce, 3);
});

async function setState(state: "running" | "concluded", verdict: "rollback" | null): Promise<void> {
  await db
    .updateTable("experiments")
    .set({ state, verdict, ended_at: verdict === null ? null : NOW })
    .where("experiments.id", "=", EXPERIMENT)
    .execute();
}

test("harm that a due look and the monitor would both find ends the run with its look", async () => {
  await setState("running", null);
  const [execution] = await monitor(async (experiment, now) => {
    assert.deepEqual(now, NOW);
    await setState("concluded", "rollback");
    const look = (await listLooks(db, experiment)).at(-1) ?? assert.fail("no look is kept");
    return { experiment: { ...experiment, state: "concluded" }, look };
  }).pass(db);
  assert.deepEqual([execution?.fromRevision, execution?.toRevision], [3, 1]);
  assert.equal(JSON.parse(JSON.stringify(execution?.numbers)).look, 1);
});

test("a look that fails keeps the monitor from nothing", async () => {
  await setState("running", null);
  const told: unknown[] = [];
  const failing = monitor(
    async () => {
      throw new Error("no look today");
    },
    (error) => told.push(error),
  );
  assert.deepEqual(await failing.pass(db), []);
  assert.match(String(told), /no look today.*no experiment runs/);
});
