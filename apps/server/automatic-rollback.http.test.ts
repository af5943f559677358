import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PROBE_ANSWERS, PROBE_KEYS } from "@paceline/flags/domain";
import { OPEN_DOOR, revertFlag } from "@paceline/flags/server";
import { executeRollback } from "@paceline/rollouts/server";
import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

import { serviceContext } from "./service-context.ts";
import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const UNITS = 600;
const WITHIN_MS = 90_000;

let server: TestServer;
let admin = "";
let evaluate = "";
let intake = "";
let ownerId = "";
let initiativeId = "";
let experimentId = "";

function call(method: Method, url: string, payload?: object, key: string = admin): Promise<Json> {
  return apiCaller(server.app, { key }).call(method, url, payload);
}

function variantOf(unit: string): Promise<Json> {
  const context = { targetingKey: unit };
  return call("POST", "/ofrep/v1/evaluate/flags/checkout", { context }, evaluate);
}

async function track(event: string, units: readonly string[]): Promise<void> {
  const batch = units.map((userId) => ({
    type: "track",
    messageId: `${event}-${userId}`,
    userId,
    event,
  }));
  await call("POST", "/v1/batch", { batch }, intake);
}

async function until(what: string, read: () => Promise<Json>): Promise<Json> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    assert.ok(performance.now() < deadline, `${what} did not happen within ${WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const METRIC = { statistic: "proportion", denominator: null, format: "percent", description: "" };
const CRITERION = {
  version: 1,
  hypothesis: "One page checkout raises paid orders because nobody is lost between pages.",
  unit: "customer",
  primary: {
    metric: "paid",
    statistic: "proportion",
    direction: "increase",
    scale: "relative",
    successAtLeast: 0.02,
    confidence: 0.95,
    mde: 0.1,
    power: 0.8,
  },
  guardrails: [
    {
      metric: "refund",
      statistic: "proportion",
      direction: "decrease",
      scale: "absolute",
      margin: 0.02,
      confidence: 0.95,
      onBreach: "rollback",
    },
  ],
  design: {
    allocation: { control: 0.5, one_page: 0.5 },
    plannedUnits: 2_000,
    looks: "daily",
    spending: "power:3",
    minDays: 1,
    maxDays: 14,
    minUnitsPerArm: 50,
    minConversionsPerArm: 5,
    conversionWindowHours: 24,
  },
  validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
  iteration: 1,
  maxIterations: 2,
};

/** A client that buckets in another way keeps the experiment from starting until it is mended. */
async function parityHoldsItBack(): Promise<void> {
  const about = { client: "kiosk", version: "3", protocol: "flagd-sync" };
  const answers = (formula: keyof typeof PROBE_ANSWERS): object =>
    Object.fromEntries(PROBE_KEYS.map((key, index) => [key, PROBE_ANSWERS[formula][index]]));
  const report = (formula: keyof typeof PROBE_ANSWERS): Promise<Json> =>
    call("POST", "/flags/v1/parity", { ...about, answers: answers(formula) }, evaluate);
  await report("flagd-v2-utf16");
  const refused = await server.app.inject({
    method: "POST",
    url: `/api/v1/experiments/${experimentId}/start`,
    headers: { authorization: `Bearer ${admin}` },
    payload: {},
  });
  assert.equal(refused.statusCode, 422, refused.body);
  assert.match(refused.body, /kiosk 3 hashes UTF-16 units.*ask the server/);
  assert.equal((await report("flagd-v2"))["bucketing"], "flagd-v2");
}

before(async () => {
  server = await startTestServer();
  const cookie = await becomeOwner(server);
  admin = (await makeKey(server, cookie, "admin")).secret;
  evaluate = (await makeKey(server, cookie, "evaluate")).secret;
  intake = (await makeKey(server, cookie, "intake")).secret;
  ownerId = String((await call("GET", "/api/v1/members"))["items"]?.[0]?.["id"]);
});

after(() => server.close());

test("an experiment cannot start before its way back is defined", async () => {
  await call("PUT", "/api/v1/metrics/paid", {
    ...METRIC,
    name: "Paid orders",
    numerator: { event: "Paid", aggregation: "any", property: null },
  });
  await call("PUT", "/api/v1/metrics/refund", {
    ...METRIC,
    name: "Refunds",
    numerator: { event: "Refunded", aggregation: "any", property: null },
  });
  const proposed = await call("POST", "/api/v1/initiatives", {
    title: "One page checkout",
    ownerId,
    proposal: {
      purpose: "experiment",
      riskDomains: [],
      touchesCoreSystems: false,
      durationWeeks: 2,
      expectedIterations: 1,
      plannedSprints: 1,
      eachSprintLeavesModule: false,
    },
    artifacts: {
      hypothesis: {
        statement: CRITERION.hypothesis,
        metric: "paid",
        direction: "increase",
        minimumEffect: 0.1,
      },
      telemetryPlan: { events: ["Paid", "Refunded"] },
      featureFlag: { flagKey: "checkout" },
      dependencyMap: {
        dependencies: [{ system: "Shop", relation: "reads", contact: "Shop team" }],
      },
    },
  });
  initiativeId = String(proposed["id"]);
  const draft = await call("POST", "/api/v1/experiments", {
    name: "One page checkout",
    initiativeId,
    flagKey: "checkout",
    environment: "production",
    criterion: CRITERION,
  });
  experimentId = String(draft["id"]);
  await call("POST", "/api/v1/flags", {
    key: "checkout",
    type: "boolean",
    variants: { control: false, one_page: true },
    owner: ownerId,
    initiativeId,
  });
  await call("PUT", "/api/v1/flags/checkout/environments/production", {
    enabled: true,
    offVariant: "control",
    defaultVariant: "control",
    rules: [
      {
        id: "split",
        serve: {
          split: [
            { variant: "control", share: 0.5 },
            { variant: "one_page", share: 0.5 },
          ],
        },
        exposureShare: 1,
        salt: "checkout",
        recordExposure: true,
        experimentId,
      },
    ],
  });
  await call("POST", "/api/v1/flags/checkout/environments/production/publish", {});
  await track("Paid", ["probe"]);
  await track("Refunded", ["probe"]);
  await call("POST", `/api/v1/experiments/${experimentId}/lock`, {});
  const refused = await server.app.inject({
    method: "POST",
    url: `/api/v1/experiments/${experimentId}/start`,
    headers: { authorization: `Bearer ${admin}` },
    payload: {},
  });
  assert.equal(refused.statusCode, 422);
  const missing: readonly { key: string }[] = refused.json().missing;
  assert.ok(missing.some(({ key }) => key === "rollback"));
});

test("with a way back, a decision and its artifacts it starts, and the initiative is in flight", async () => {
  await call("PUT", "/api/v1/environments/production/flags/checkout/rollback", {
    initiativeId,
    experimentId,
    target: { kind: "off" },
    triggers: ["guardrail-breach", "primary-harm", "sample-ratio-mismatch", "cross-exposure"],
    mode: "automatic",
    ownerId,
    verification: "Everybody sees the old checkout.",
  });
  await call("POST", `/api/v1/initiatives/${initiativeId}/decision`, {});
  await call("POST", `/api/v1/initiatives/${initiativeId}/ready`, {});
  await parityHoldsItBack();
  const started = await call("POST", `/api/v1/experiments/${experimentId}/start`, {});
  assert.equal(started["state"], "running");
  assert.equal((await call("GET", `/api/v1/initiatives/${initiativeId}`))["state"], "in_flight");
});

test("a breached guardrail takes the flag back by itself within seconds, with its numbers in the audit log", async () => {
  const units = Array.from({ length: UNITS }, (_, index) => `customer-${index}`);
  const served = await Promise.all(
    units.map(async (unit) => [unit, String((await variantOf(unit))["variant"])] as const),
  );
  const treated = served.filter(([, variant]) => variant === "one_page").map(([unit]) => unit);
  assert.ok(treated.length > 200 && treated.length < 400);
  const harmedAt = performance.now();
  await track(
    "Refunded",
    treated.filter((_, index) => index % 3 === 0),
  );
  const execution = await until("the rollback", async () => {
    const { executions } = await call(
      "GET",
      "/api/v1/environments/production/flags/checkout/rollback",
    );
    return executions?.[0];
  });
  const tookMs = performance.now() - harmedAt;
  assert.equal(execution["trigger"], "guardrail-breach");
  assert.equal(execution["actor"], "monitor");
  assert.ok(tookMs < WITHIN_MS);
  for (const unit of treated.slice(0, 20)) {
    const { variant, value } = await variantOf(unit);
    assert.deepEqual([variant, value], ["control", false]);
  }
  const proven = await call("GET", `/api/v1/audit/entries/${String(execution["auditEntry"])}`);
  const detail = proven["entry"]?.["detail"];
  assert.equal(detail?.["trigger"], "guardrail-breach");
  const intervals: readonly { metric: string; interval: readonly number[] }[] = JSON.parse(
    JSON.stringify(detail?.["numbers"]?.["intervals"]),
  );
  const refund = intervals.find(({ metric }) => metric === "refund");
  assert.ok(refund !== undefined && refund.interval.some((end) => Math.abs(end) > 0.02));
});

test("the run ends with the verdict rollback, and so does the initiative", async () => {
  const experiment = await call("GET", `/api/v1/experiments/${experimentId}`);
  assert.deepEqual([experiment["state"], experiment["verdict"]], ["concluded", "rollback"]);
  const initiative = await call("GET", `/api/v1/initiatives/${initiativeId}`);
  assert.deepEqual([initiative["state"], initiative["verdict"]], ["verdict", "rollback"]);
});

test("all who find the same harm at once take the flag back once", async () => {
  const url = "/api/v1/environments/production/flags/checkout/rollback";
  const { executions } = await call("GET", url);
  const { store, clock } = server.parts;
  const { workspace_id: workspaceId } = await store.db
    .selectFrom("flags")
    .select("flags.workspace_id")
    .where("flags.key", "=", "checkout")
    .executeTakeFirstOrThrow();
  const context = () => serviceContext(store.db, clock, "monitor", workspaceId);
  const flag = { key: "checkout", environment: "production" };
  const exposed = await revertFlag(OPEN_DOOR, context(), {
    ...flag,
    revision: Number(executions?.[0]?.["fromRevision"]),
  });
  assert.ok(exposed.ok);
  const results = await Promise.all(
    Array.from({ length: 6 }, () =>
      executeRollback(server.wiring.rollouts, context(), {
        flagKey: flag.key,
        environment: flag.environment,
        trigger: "guardrail-breach",
        reason: "harm",
        experimentId,
        numbers: {},
        verdict: "rollback",
      }),
    ),
  );
  assert.equal(results.filter(({ ok }) => ok).length, 1);
});

test("rolling back by hand works at any time, also when there is nothing left to take back", async () => {
  const again = await call("POST", "/api/v1/environments/production/flags/checkout/rollback", {
    reason: "drill",
  });
  assert.equal(again["trigger"], "manual");
  assert.equal(again["fromRevision"], again["toRevision"]);
  assert.ok(Number(again["effectMs"]) >= 0);
});

test("a rollback that took effect counts as the rehearsal that a high-risk change needs", async () => {
  const artifacts = { featureFlag: { flagKey: "checkout" } };
  const proposal = { purpose: "experiment", riskDomains: ["billing"], touchesCoreSystems: true };
  const { checks } = await call("POST", "/api/v1/initiatives/preview", {
    initiativeId,
    proposal,
    artifacts,
  });
  const rows: readonly { artifact: string; state: string; reason: string }[] = JSON.parse(
    JSON.stringify(checks),
  );
  const rollback = rows.find(({ artifact }) => artifact === "rollbackPlan");
  assert.equal(rollback?.state, "present");
  assert.match(rollback.reason, /was rehearsed/);
});
