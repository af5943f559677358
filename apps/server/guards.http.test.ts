/**
 * Guards against the real server: exposed and held-back units by OFREP, events by the intake, alerts by
 * the webhook; what the guards say is kept, audited and told to the run.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { publishExposure } from "@paceline/flags/server";
import type { Guard, GuardSource } from "@paceline/rollouts/domain";
import type { GuardsRead, WatchedRun } from "@paceline/rollouts/server";
import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

import { wireGuards } from "./guards.ts";
import type { Guards } from "./guards.ts";
import { serviceContext } from "./service-context.ts";
import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const RUN = "0193a000-0000-7000-8000-0000000000f1";
const UNITS = 1_500;

let server: TestServer;
let admin = "";
let evaluate = "";
let intake = "";
let workspaceId = "";
let guards: Guards;
let watched: WatchedRun | null = null;
const told: GuardsRead[] = [];

function call(method: Method, url: string, payload?: object, key: string = admin): Promise<Json> {
  return apiCaller(server.app, { key }).call(method, url, payload);
}

const variantOf = async (unit: string): Promise<string> =>
  String(
    (
      await call(
        "POST",
        "/ofrep/v1/evaluate/flags/basket",
        { context: { targetingKey: unit } },
        evaluate,
      )
    )["variant"],
  );

async function track(event: string, units: readonly string[]): Promise<void> {
  for (let from = 0; from < units.length; from += 500) {
    const batch = units
      .slice(from, from + 500)
      .map((userId) => ({ type: "track", messageId: `${event}-${userId}`, userId, event }));
    await call("POST", "/v1/batch", { batch }, intake);
  }
}

function guard(id: string, source: GuardSource, action: Guard["action"]): Guard {
  return { id, name: id, source, action };
}

const GUARDS: readonly Guard[] = [
  guard(
    "failures",
    {
      kind: "event-metric",
      metric: "failed",
      direction: "decrease",
      scale: "absolute",
      margin: 0.05,
      windowHours: 24,
      minimumUnits: 50,
    },
    "roll-back",
  ),
  guard("ratio", { kind: "sample-ratio" }, "hold"),
  guard("crossed", { kind: "multiple-exposure", maxShare: 0.01 }, "hold"),
  guard(
    "storm",
    {
      kind: "series-threshold",
      events: { type: "track", event: "Failed" },
      measure: { of: "units" },
      per: null,
      who: "exposed",
      bucketSeconds: 86_400,
      comparison: "above",
      threshold: 100,
      forSeconds: 0,
    },
    "warn",
  ),
  guard(
    "arrivals",
    {
      kind: "no-data",
      events: { type: "track", event: "Opened" },
      expectedPerMinute: null,
      forSeconds: 3_600,
    },
    "hold",
  ),
  guard(
    "pager",
    {
      kind: "alert",
      matchers: [{ label: "severity", operator: "equals", value: "critical" }],
    },
    "roll-back",
  ),
];

/** Reads all guards once, as the server does when events can be seen. */
async function read(): Promise<ReadonlyMap<string, GuardsRead["readings"][number]>> {
  await server.parts.events.flush();
  await guards.watch.pass();
  const state = guards.watch.stateOf(RUN);
  assert.ok(state !== null);
  return new Map(state.readings.map((reading) => [reading.guardId, reading]));
}

before(async () => {
  server = await startTestServer();
  const cookie = await becomeOwner(server);
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
  await call("POST", "/api/v1/flags", {
    key: "basket",
    type: "boolean",
    variants: { on: true, off: false },
  });
  await call("PUT", "/api/v1/flags/basket/environments/production", {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [
      {
        id: "new",
        serve: { variant: "on" },
        exposureShare: 0,
        recordExposure: true,
        salt: "basket",
      },
    ],
  });
  await call("POST", "/api/v1/flags/basket/environments/production/publish", {});
  const { store, clock } = server.parts;
  const flag = await store.db
    .selectFrom("flags")
    .select("flags.workspace_id")
    .executeTakeFirstOrThrow();
  workspaceId = flag.workspace_id;
  const runs = {
    list: async () => (watched === null ? [] : [watched]),
    deliver: async (_ctx: unknown, runId: string, one: GuardsRead) => {
      assert.equal(runId, RUN);
      told.push(one);
    },
  };
  guards = wireGuards(server.parts, { publish: () => undefined } as never, runs);
  const startedAt = new Date(clock.now().getTime() - 86_400_000);
  const ctx = serviceContext(store.db, clock, "test", workspaceId);
  const place = { flagKey: "basket", environment: "production", ruleId: "new" };
  const published = await publishExposure(server.wiring.door, ctx, {
    ...place,
    exposureShare: 0.3,
    rolloutId: RUN,
  });
  assert.ok(published.ok);
  await server.parts.flagSets.refresh(workspaceId, "production");
  watched = {
    run: {
      ...place,
      workspaceId,
      runId: RUN,
      guards: GUARDS,
      startedAt,
      stages: [{ exposureShare: 0.3 }, { exposureShare: 1 }],
    },
    stage: { id: "first", exposureShare: 0.3, enteredAt: startedAt },
    sample: 300,
  };
});
after(() => server.close());

test("before anybody came every comparison has no data, and an alert guard without receiver neither", async () => {
  const readings = await read();
  for (const id of ["failures", "ratio", "crossed", "pager"]) {
    assert.equal(readings.get(id)?.verdict, "no-data", id);
  }
  assert.equal(readings.get("arrivals")?.verdict, "hold");
});

let exposed: readonly string[] = [];

test("as many units are recorded as held back as are exposed, and nobody but the exposed is treated", async () => {
  const units = Array.from({ length: UNITS }, (_, index) => `basket-${index}`);
  const served = await Promise.all(
    units.map(async (unit) => [unit, await variantOf(unit)] as const),
  );
  exposed = served.filter(([, variant]) => variant === "on").map(([unit]) => unit);
  const sentAt = Date.now();
  await track("Opened", units.slice(0, 200));
  const readings = await read();
  const numbers = readings.get("ratio")?.numbers["units"] as Record<string, number>;
  assert.equal(numbers["exposed"], exposed.length);
  assert.ok(Math.abs((numbers["control"] ?? 0) - UNITS * 0.3) < 100, JSON.stringify(numbers));
  assert.equal(readings.get("ratio")?.verdict, "pass");
  assert.equal(readings.get("crossed")?.verdict, "pass");
  assert.equal(readings.get("failures")?.verdict, "pass");
  assert.equal(readings.get("storm")?.verdict, "no-data");
  assert.equal(readings.get("arrivals")?.verdict, "pass");
  // Known to a sixtieth of the guard's hour, not to the hour in which it came.
  const newestAt = Date.parse(readings.get("arrivals")?.newestEventAt ?? "");
  assert.ok(newestAt > sentAt - 60_000, readings.get("arrivals")?.newestEventAt ?? "none");
});

test("a run hears of the sample being reached, and not of every reading that says the same", async () => {
  const before = told.length;
  assert.equal(told.at(-1)?.exposedUnits, exposed.length);
  await read();
  await read();
  assert.equal(told.length, before);
});

test("harm among the exposed breaks the guard, and the numbers behind it are kept, audited and told", async () => {
  const before = told.length;
  await track(
    "Failed",
    exposed.filter((_, index) => index % 4 === 0),
  );
  const readings = await read();
  const broken = readings.get("failures");
  assert.equal(broken?.verdict, "roll-back", broken?.reason);
  assert.match(broken.reason, /harm is proven and beyond the accepted 5.0 percentage points/);
  assert.equal(broken.numbers["planAlpha"], 0.05);
  assert.equal(told.length, before + 1);
  assert.ok(told.at(-1)?.readings.some(({ verdict }) => verdict === "roll-back"));
  const state = await call("GET", `/api/v1/rollouts/${RUN}/guard-readings`);
  const kept = (state["kept"] as unknown as readonly Json[]).find(
    (one) => String(one["guardId"]) === "failures",
  );
  assert.equal(kept?.["verdict"], "roll-back");
  const { entry } = await call("GET", `/api/v1/audit/entries/${String(kept["auditEntry"])}`);
  assert.equal(entry?.["action"], "guard.read");
  assert.deepEqual(entry?.["detail"]?.["numbers"], kept["numbers"]);
  assert.match(String(entry?.["detail"]?.["sql"]), /SELECT|WITH/i);
});

const alert = (status: string, startsAt: string) => ({
  version: "4",
  groupKey: "{}:{}",
  receiver: "paceline",
  status,
  alerts: [
    {
      status,
      labels: { alertname: "CheckoutErrors", severity: "critical" },
      annotations: { summary: "Checkout fails" },
      startsAt,
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "http://prometheus/graph",
      fingerprint: "c0ffee",
    },
  ],
});

test("an alert that fires rolls back until it is resolved; the same alert again changes nothing", async () => {
  const { path, receiver } = await call("POST", "/api/v1/alert-receivers", { name: "Prometheus" });
  const url = String(path);
  assert.equal((await read()).get("pager")?.verdict, "pass");
  const startsAt = new Date().toISOString();
  assert.deepEqual(await call("POST", url, alert("firing", startsAt), ""), {
    received: 1,
    changed: 1,
  });
  assert.deepEqual(await call("POST", url, alert("firing", startsAt), ""), {
    received: 1,
    changed: 0,
  });
  const firing = (await read()).get("pager");
  assert.equal(firing?.verdict, "roll-back");
  assert.match(firing.reason, /CheckoutErrors/);
  await call("POST", url, alert("resolved", startsAt), "");
  assert.equal((await read()).get("pager")?.verdict, "pass");
  await call("POST", url, alert("firing", "2020-01-01T00:00:00Z"), "");
  assert.equal((await read()).get("pager")?.verdict, "pass", "an earlier firing is old news");
  const refused = await server.app.inject({
    method: "POST",
    url: "/api/v1/alerts/invented",
    payload: alert("firing", startsAt),
  });
  assert.equal(refused.statusCode, 404);
  await call("DELETE", `/api/v1/alert-receivers/${String(receiver?.["id"])}`);
  const revoked = await server.app.inject({
    method: "POST",
    url,
    payload: alert("firing", startsAt),
  });
  assert.equal(revoked.statusCode, 404);
  assert.equal((await read()).get("pager")?.verdict, "no-data");
});

test("a token is not kept where it could be read", async () => {
  const { rows } = await server.parts.store.db
    .selectFrom("alert_receivers")
    .select("token_hash")
    .execute()
    .then((found) => ({ rows: found }));
  assert.ok(rows.every(({ token_hash }) => token_hash.length === 32));
});

test("a later stage is not passed by the units of an earlier one, and a breach in it is", async () => {
  assert.ok(watched !== null);
  const first = watched;
  const { clock } = server.parts;
  const stage = { id: "second", exposureShare: 0.4, enteredAt: clock.now() };
  const lenient = GUARDS.map((one) =>
    one.source.kind === "event-metric" ? { ...one, source: { ...one.source, margin: 0.9 } } : one,
  );
  watched = { ...first, run: { ...first.run, guards: lenient }, stage };
  const waiting = (await read()).get("failures");
  assert.equal(waiting?.verdict, "no-data");
  assert.match(waiting.reason, /Only 0 of 50 units came with this stage yet/);
  watched = { ...watched, run: first.run };
  assert.equal((await read()).get("failures")?.verdict, "roll-back");
  assert.equal(told.at(-1)?.stageId, "second");
  watched = first;
});

test("events that cannot be counted now are no data, whatever was known before", async () => {
  const backlog = server.parts.events.backlog.bind(server.parts.events);
  const late = { ...backlog(), waitingSeconds: 60 };
  server.parts.events.backlog = () => late;
  const readings = await read();
  server.parts.events.backlog = backlog;
  for (const id of ["failures", "ratio", "storm", "arrivals"]) {
    assert.equal(readings.get(id)?.verdict, "no-data", id);
  }
});

test("where everybody is exposed comparisons say so and stop nothing; series go on judging", async () => {
  assert.ok(watched !== null);
  const stage = { ...watched.stage, id: "all", exposureShare: 1 };
  watched = { ...watched, stage };
  const readings = await read();
  assert.equal(readings.get("failures")?.verdict, "pass");
  assert.equal(readings.get("failures")?.numbers["isComparable"], false);
  assert.equal(readings.get("storm")?.verdict, "no-data");
});

test("the plan editor is told how many units and days a guard needs, and why it is not where it cannot be", async () => {
  const body = {
    environment: "production",
    guards: GUARDS,
    stages: [{ exposureShare: 0.1 }, { exposureShare: 0.5 }, { exposureShare: 1 }],
    unitsPerDay: 10_000,
  };
  const { items } = await call("POST", "/api/v1/guards/sample-size", body);
  const [tenth, half, all] = items as unknown as readonly Record<string, number | string | null>[];
  assert.equal(tenth?.["plannedUnits"], half?.["plannedUnits"]);
  assert.ok(Number(tenth?.["days"]) > 4 * Number(half?.["days"]));
  assert.equal(all?.["plannedUnits"], null);
  assert.match(String(all?.["why"]), /Nobody is held back/);
});
