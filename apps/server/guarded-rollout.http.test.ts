/**
 * A rollout and its guards through the real server, as people and clients use it: harm takes the flag
 * back within seconds of the event that proves it, clean data promote, and silence does neither.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const UNITS = 1_200;
const WITHIN_MS = 90_000;

let server: TestServer;
let admin = "";
let evaluate = "";
let intake = "";
let workspaceId = "";
let flags = 0;

function call(method: Method, url: string, payload?: object, key: string = admin): Promise<Json> {
  return apiCaller(server.app, { key }).call(method, url, payload);
}

async function until(what: string, read: () => Promise<Json>): Promise<Json> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    assert.ok(performance.now() < deadline, `${what} did not happen within ${WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const HOLD = { time: null, sample: null, approval: null, guards: false };

/** A flag in force at exposure 0 with its way back, and a started plan for it. */
async function startRollout(): Promise<{ readonly flag: string; readonly plan: string }> {
  flags += 1;
  const flag = `basket-${flags}`;
  await call("POST", "/api/v1/flags", {
    key: flag,
    type: "boolean",
    kind: "release",
    variants: { on: true, off: false },
  });
  const place = `/api/v1/flags/${flag}/environments/production`;
  await call("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [
      { id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true, salt: flag },
    ],
  });
  await call("POST", `${place}/publish`, {});
  await call("PUT", `/api/v1/environments/production/flags/${flag}/rollback`, {
    initiativeId: null,
    experimentId: null,
    target: { kind: "off" },
    triggers: ["guardrail-breach"],
    mode: "automatic",
    ownerId: "owner",
    verification: "Nobody gets the new basket.",
  });
  const metric = {
    kind: "event-metric",
    metric: "failed",
    direction: "decrease",
    scale: "absolute",
    margin: 0.05,
    windowHours: 24,
    minimumUnits: 50,
  };
  const { id } = await call("POST", "/api/v1/rollouts", {
    name: "New basket",
    flagKey: flag,
    environment: "production",
    ruleId: "new",
    guards: [
      { id: "failures", name: "Failed baskets", source: metric, action: "roll-back" },
      { id: "ratio", name: "Shares", source: { kind: "sample-ratio" }, action: "hold" },
    ],
    stages: [
      {
        id: "some",
        name: "30 %",
        exposureShare: 0.3,
        when: null,
        hold: { ...HOLD, sample: 200, guards: true },
      },
      { id: "all", name: "Everybody", exposureShare: 1, when: null, hold: HOLD },
    ],
  });
  const plan = String(id);
  await call("POST", `/api/v1/rollouts/${plan}/arm`, {});
  await call("POST", `/api/v1/rollouts/${plan}/start`, {});
  return { flag, plan };
}

async function variantOf(flag: string, unit: string): Promise<string> {
  const context = { targetingKey: unit };
  const url = `/ofrep/v1/evaluate/flags/${flag}`;
  return String((await call("POST", url, { context }, evaluate))["variant"]);
}

/** Everybody looks at the flag once. @returns the exposed */
async function visit(flag: string): Promise<readonly string[]> {
  await until("the first stage", async () => {
    const inForce = server.parts.flagSets.get(workspaceId, "production").flags.get(flag);
    return inForce?.content.configuration.rules[0]?.exposureShare === 0 ? undefined : {};
  });
  const units = Array.from({ length: UNITS }, (_, index) => `${flag}-${index}`);
  const served = await Promise.all(
    units.map(async (unit) => [unit, await variantOf(flag, unit)] as const),
  );
  return served.filter(([, variant]) => variant === "on").map(([unit]) => unit);
}

async function fail(units: readonly string[]): Promise<void> {
  const batch = units.map((userId) => ({
    type: "track",
    messageId: `failed-${userId}`,
    userId,
    event: "Failed",
  }));
  await call("POST", "/v1/batch", { batch }, intake);
}

const stateOf = async (plan: string): Promise<string> =>
  String((await call("GET", `/api/v1/rollouts/${plan}`))["state"]);

before(async () => {
  server = await startTestServer();
  const cookie = await becomeOwner(server);
  const workspaces = server.parts.store.db.selectFrom("workspaces").select("id");
  workspaceId = (await workspaces.executeTakeFirstOrThrow()).id;
  admin = (await makeKey(server, cookie, "admin")).secret;
  evaluate = (await makeKey(server, cookie, "evaluate")).secret;
  intake = (await makeKey(server, cookie, "intake")).secret;
  await call("PUT", "/api/v1/metrics/failed", {
    statistic: "proportion",
    denominator: null,
    format: "percent",
    description: "",
    name: "Failed baskets",
    numerator: { event: "Failed", aggregation: "any", property: null },
  });
});
after(() => server.close());

test("harm among the exposed takes the flag back by itself, with the reading that proved it", async () => {
  const { flag, plan } = await startRollout();
  const exposed = await visit(flag);
  assert.ok(exposed.length > 250, `${exposed.length} are exposed`);
  const harmedAt = performance.now();
  await fail(exposed.filter((_, index) => index % 3 === 0));
  await until("the rollback", async () =>
    (await variantOf(flag, exposed[0] ?? "")) === "off" ? {} : undefined,
  );
  const tookMs = performance.now() - harmedAt;
  assert.ok(tookMs < WITHIN_MS, `${tookMs} ms`);
  await until("its end", async () => ((await stateOf(plan)) === "rolled-back" ? {} : undefined));
  const { kept } = await call("GET", `/api/v1/rollouts/${plan}/guard-readings`);
  const [proof] = (kept as unknown as readonly Json[]).filter(
    ({ verdict }) => String(verdict) === "roll-back",
  );
  assert.equal(proof?.["guardId"], "failures");
  assert.ok(proof["auditEntry"] !== null);
});

test("without harm the stage is passed once its sample is there, and everybody is exposed", async () => {
  const { flag, plan } = await startRollout();
  await visit(flag);
  await fail([`${flag}-1`, `${flag}-2`]);
  await until("completion", async () => ((await stateOf(plan)) === "completed" ? {} : undefined));
  assert.equal(await variantOf(flag, `${flag}-somebody-new`), "on");
});

test("where nobody comes the rollout stays where it is, neither promoted nor taken back", async () => {
  const { plan } = await startRollout();
  const readings = await until("a reading", async () => {
    const state = await call("GET", `/api/v1/rollouts/${plan}/guard-readings`);
    return (state["readings"] as unknown as readonly Json[]).length > 0 ? state : undefined;
  });
  for (const { verdict } of readings["readings"] as unknown as readonly Json[]) {
    assert.equal(verdict, "no-data");
  }
  const { stage } = await call("GET", `/api/v1/rollouts/${plan}`);
  assert.equal(stage, 0);
});
