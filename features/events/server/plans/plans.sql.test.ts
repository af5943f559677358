import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import type { CommandContext, Role } from "@paceline/command";
import { ROLES } from "@paceline/command";
import { createApp } from "@paceline/http";
import { testClock, testDatabase } from "@paceline/test-kit";

import { registerBadEventRoutes } from "../bad-events/bad-event-routes.ts";
import { registerMappingRoutes } from "../bad-events/mapping-routes.ts";
import { createRunWorker } from "../bad-events/run-worker.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { openEventStore } from "../event-store.ts";
import { registerIntakeRoutes } from "../intake-routes.ts";
import { plansOwnedBy } from "./owned-plans.ts";
import { registerPlanRoutes } from "./plan-routes.ts";
import { openPlanSet } from "./plan-set.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-plans-"));
const database = await testDatabase();
const clock = testClock();
const store = await openEventStore({ dataDir: folder });
const workspaceId = randomUUID();
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);
const plans = await openPlanSet({ db: database.db, onError });
const { app } = await createApp({
  db: database.db,
  clock,
  authenticate: async ({ headers }) => {
    const role = ROLES.find((known) => known === headers["x-role"]);
    if (role === undefined) return null;
    const actor = { kind: "person", id: `p-${role}`, name: role, role } as const;
    return { actor, workspaceId, environment: null, via: "session" };
  },
});
const events: EventRouteDeps = {
  store,
  plans,
  findCaller: async (key) =>
    key === "key" ? { sourceId: "shop", workspaceId, environment: "production" } : null,
  findEnvironmentTime: async (_workspace, environment) =>
    environment === "production" ? { replay: false, now: clock.now() } : null,
  newId: randomUUID,
};
const serviceContext = (workspace: string): CommandContext => ({
  db: database.db,
  actor: { kind: "service", name: "replay" },
  workspaceId: workspace,
  now: clock.now(),
  requestId: "test",
  newId: randomUUID,
});
const publish = (): void => undefined;
const worker = createRunWorker({ db: database.db, events, serviceContext, publish, onError });
registerIntakeRoutes(app, events);
registerPlanRoutes(app, { plans, events, publish });
registerBadEventRoutes(app, { events, worker, publish });
registerMappingRoutes(app, { plans });
after(async () => {
  await app.close();
  await worker.close();
  await plans.close();
  await store.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  // eslint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
  readonly body: any;
}

async function call(
  method: "GET" | "POST" | "PUT" | "PATCH",
  url: string,
  options: { body?: object; etag?: number; role?: Role } = {},
): Promise<Answer> {
  const { body, etag, role = "engineer" } = options;
  const answer = await app.inject({
    method,
    url: `/api/v1${url}`,
    headers: {
      "x-role": role,
      ...(etag === undefined ? {} : { "if-match": `"${etag}"` }),
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

async function send(messages: readonly object[]): Promise<Answer> {
  const batch = messages.map((message) => ({ type: "track", userId: "u1", ...message }));
  const answer = await app.inject({
    method: "POST",
    url: "/v1/batch",
    headers: { authorization: "Bearer key" },
    payload: JSON.stringify({ batch, sentAt: clock.now().toISOString() }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const SCHEMA = {
  type: "object",
  required: ["order_id", "revenue"],
  properties: { order_id: { type: "string" }, revenue: { type: "number", minimum: 0 } },
  additionalProperties: false,
};

async function publishPlan(name: string, event: string, mode: string, schema = SCHEMA) {
  const created = await call("POST", "/telemetry-plans", {
    body: { name, eventType: "track", event },
  });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const drafted = await call("PUT", `/telemetry-plans/${name}/draft`, {
    body: { schema, mode },
    etag: created.body.etag,
  });
  assert.equal(drafted.status, 200, JSON.stringify(drafted.body));
  const published = await call("POST", `/telemetry-plans/${name}/publish`, {
    etag: drafted.body.etag,
  });
  assert.equal(published.status, 200, JSON.stringify(published.body));
  return published.body;
}

test("an event that breaks an enforced plan is quarantined with its place, and others are accepted", async () => {
  await publishPlan("order-completed", "Order Completed", "enforce");
  const answer = await send([
    { event: "Order Completed", messageId: "o1", properties: { order_id: "1", revenue: 9 } },
    { event: "Order Completed", messageId: "o2", properties: { order_id: "2", revenue: "9" } },
    { event: "Another", messageId: "o3", properties: {} },
  ]);
  assert.deepEqual([answer.status, answer.body.accepted], [200, 2]);
  assert.deepEqual(
    [answer.body.faults[0].path, answer.body.faults[0].reason],
    ["/properties/revenue", "must be a number, not a text"],
  );
  const { body } = await call("GET", "/telemetry-plans/order-completed");
  const [version] = body.versions;
  assert.deepEqual(
    version.arrivals.map((one: Record<string, unknown>) => [
      one["environment"],
      one["state"],
      one["passed"],
      one["quarantined"],
    ]),
    [["production", "arriving", 1, 1]],
  );
});

test("an observed plan accepts what breaks it, and counts it with its place", async () => {
  await publishPlan("cart-viewed", "Cart Viewed", "observe");
  const cart = { event: "Cart Viewed", properties: { order_id: 1 } };
  const answer = await send([
    { ...cart, messageId: "c1" },
    { ...cart, messageId: "c2" },
    { ...cart, messageId: "c2" },
  ]);
  assert.equal(answer.body.accepted, 2);
  const { body } = await call("GET", "/telemetry-plans/cart-viewed");
  assert.deepEqual(
    body.observed.map((one: Record<string, unknown>) => [
      one["path"],
      one["reason"],
      one["events"],
    ]),
    [["/properties/order_id", "must be a text, not a number", 2]],
  );
});

test("a published version never changes, and a version too small for its change is refused", async () => {
  const before = await call("GET", "/telemetry-plans/order-completed");
  const breaking = { ...SCHEMA, required: ["order_id", "revenue", "currency"] };
  const draft = (body: object) =>
    call("PUT", "/telemetry-plans/order-completed/draft", { body, etag: before.body.etag });
  const refused = await draft({ schema: breaking, version: "1-0-1" });
  assert.equal(refused.status, 422);
  assert.deepEqual(
    [refused.body.type.split("/").at(-1), refused.body.required],
    ["plan-version-too-small", "2-0-0"],
  );
  const coupon = { ...SCHEMA.properties, coupon: { type: "string" } };
  const accepted = await draft({ schema: { ...SCHEMA, properties: coupon }, mode: "enforce" });
  assert.deepEqual(
    accepted.body.versions.map((one: Record<string, unknown>) => [one["version"], one["state"]]),
    [
      ["1-0-1", "draft"],
      ["1-0-0", "published"],
    ],
  );
  const stale = await draft({ schema: SCHEMA });
  assert.equal(stale.status, 412);
  const published = await call("POST", "/telemetry-plans/order-completed/publish", {
    etag: accepted.body.etag,
  });
  assert.deepEqual(
    published.body.versions.map((one: Record<string, unknown>) => one["state"]),
    ["published", "retired"],
  );
  assert.deepEqual(published.body.versions[1].schema, SCHEMA);
});

test("a schema with faults is refused with the place of each", async () => {
  const created = await call("POST", "/telemetry-plans", {
    body: { name: "broken", eventType: "track", event: "Broken" },
  });
  const answer = await call("PUT", "/telemetry-plans/broken/draft", {
    body: { schema: { type: "objekt", $ref: "https://example.com/x" } },
    etag: created.body.etag,
  });
  assert.equal(answer.status, 422);
  assert.deepEqual(
    answer.body.errors.map((one: Record<string, unknown>) => one["pointer"]).toSorted(),
    ["/schema/$ref", "/schema/type"],
  );
});

test("unplanned events are accepted, and flagged where the workspace asks for it", async () => {
  const before = await call("GET", "/telemetry-plan-settings");
  assert.equal(before.body.unplanned, "accept");
  const set = await call("PUT", "/telemetry-plan-settings", {
    body: { unplanned: "flag" },
    etag: before.body.etag,
  });
  assert.equal(set.status, 200);
  const answer = await send([{ event: "Surprise", messageId: "s1" }]);
  assert.equal(answer.body.accepted, 1);
  const after = await call("GET", "/telemetry-plan-settings");
  assert.deepEqual(
    after.body.events.map((one: Record<string, unknown>) => [one["event"], one["events"]]),
    [["Surprise", 1]],
  );
});

const GROUP = {
  event: "Order Completed",
  kind: "plan",
  plan: "order-completed/1-0-0",
  path: "/properties/revenue",
  reason: "must be a number, not a text",
};

test("the bad events are found by their fault, with how many were accepted beside them", async () => {
  await store.flush();
  const { body } = await call("GET", "/events/bad?environment=production");
  assert.equal(body.bad, 1);
  assert.equal(body.accepted, 5);
  const [group] = body.groups;
  assert.deepEqual(Object.fromEntries(Object.keys(GROUP).map((key) => [key, group[key]])), GROUP);
  assert.equal(group.example.raw.properties.revenue, "9");
  const list = await call("POST", "/events/bad/list", {
    body: { environment: "production", group: GROUP },
  });
  assert.deepEqual(
    list.body.items.map((one: Record<string, unknown>) => [one["messageId"], one["at"]]),
    [["bad:o2", "/properties/revenue"]],
  );
  const one = await call("GET", "/events/bad/shop/bad:o2?environment=production");
  assert.equal(one.body.raw.messageId, "o2");
});

const CONVERT = [{ kind: "convert", path: "/properties/revenue", to: "number" }];

test("edits are tried on the real events, and nothing is stored", async () => {
  const preview = await call("POST", "/events/bad/preview", {
    body: { environment: "production", group: GROUP, edits: CONVERT },
  });
  assert.deepEqual([preview.body.events, preview.body.pass], [1, 1]);
  assert.deepEqual(
    [
      preview.body.samples[0].before.properties.revenue,
      preview.body.samples[0].after.properties.revenue,
    ],
    ["9", 9],
  );
  const none = await call("POST", "/events/bad/preview", {
    body: { environment: "production", group: GROUP, edits: [] },
  });
  assert.deepEqual([none.body.pass, none.body.samples[0].fault.path], [0, "/properties/revenue"]);
});

async function stored(messageId: string) {
  await store.flush();
  const { rows } = await store.run({
    kind: "recent",
    workspace: workspaceId,
    environment: "production",
    limit: 200,
  });
  return rows.filter((row) => row.messageId === messageId);
}

test("a replay takes the events in once, with their own ids and instants, and off the list", async () => {
  const receivedAt = clock.now().getTime();
  clock.advance(3_600_000);
  const started = await call("POST", "/events/bad/replay", {
    body: { environment: "production", group: GROUP, edits: CONVERT },
  });
  assert.equal(started.status, 202, JSON.stringify(started.body));
  await worker.settled();
  const run = await call("GET", `/events/bad-runs/${started.body.id}`);
  assert.deepEqual([run.body.state, run.body.resolved, run.body.stillBad], ["done", 1, 0]);
  const [event, ...copies] = await stored("o2");
  assert.deepEqual(copies, []);
  assert.equal(event?.receivedAt, receivedAt);
  assert.equal(event?.properties, '{"order_id":"2","revenue":9}');
  const { body } = await call("GET", "/events/bad?environment=production");
  assert.deepEqual(body.groups, []);
  const again = await send([
    { event: "Order Completed", messageId: "o2", properties: { order_id: "2", revenue: 9 } },
  ]);
  assert.equal(again.body.duplicates, 1);
  assert.deepEqual(errors, []);
});

test("a replay killed at any step leaves each event once and nothing lost", async () => {
  const messages = Array.from({ length: 5 }, (_, place) => ({
    event: "Order Completed",
    messageId: `k${place}`,
    properties: { order_id: "1", revenue: "7" },
  }));
  await send(messages);
  await store.flush();
  for (let survived = 0; survived < 12; survived += 1) {
    let appends = 0;
    /** Dies after some appends: what follows never happens. */
    const dying: EventRouteDeps = {
      ...events,
      store: Object.assign(Object.create(store) as typeof store, {
        append: (list: Parameters<typeof store.append>[0]) => {
          appends += 1;
          if (appends > survived) throw new Error("killed");
          return store.append(list);
        },
        run: store.run.bind(store),
        flush: store.flush.bind(store),
      }),
    };
    const doomed = createRunWorker({
      db: database.db,
      events: dying,
      serviceContext,
      publish,
      onError: () => undefined,
    });
    const group = { ...GROUP, plan: "order-completed/1-0-1" };
    const { body } = await call("GET", "/events/bad?environment=production");
    if (body.groups.length === 0) break;
    const { startBadEventRun } = await import("../commands/start-bad-event-run.ts");
    const ctx = {
      ...serviceContext(workspaceId),
      actor: { kind: "person", id: "p", name: "P", role: "engineer" } as const,
    };
    const started = await startBadEventRun(ctx, {
      environment: "production",
      group: { ...group, kind: "plan" },
      action: "replay",
      edits: [{ kind: "convert", path: "/properties/revenue", to: "number" }],
      reason: null,
      total: 5,
    });
    assert.ok(started.ok);
    doomed.start(started.value);
    await doomed.settled();
    await store.flush();
  }
  for (const { messageId } of messages)
    assert.equal((await stored(messageId)).length, 1, messageId);
  const { body } = await call("GET", "/events/bad?environment=production");
  assert.deepEqual(body.groups, []);
});

test("one event is corrected by hand, only if it passes, and keeps its id", async () => {
  await send([{ event: "Order Completed", messageId: "h1", properties: { order_id: 1 } }]);
  await store.flush();
  const raw = { type: "track", userId: "u1", event: "Order Completed", messageId: "h1" };
  const fix = (body: object) =>
    call("POST", "/events/bad/shop/bad:h1/fix", { body: { environment: "production", ...body } });
  const still = await fix({ raw: { ...raw, properties: { order_id: "1" } } });
  assert.deepEqual(
    [still.body.outcome, still.body.fault.path],
    ["still-bad", "/properties/revenue"],
  );
  const good = { order_id: "1", revenue: 1 };
  const moved = await fix({ raw: { ...raw, messageId: "other", properties: good } });
  assert.deepEqual([moved.body.outcome, moved.body.fault.path], ["still-bad", "/messageId"]);
  const dry = await fix({ raw: { ...raw, properties: good }, dryRun: true });
  assert.equal(dry.body.outcome, "would-pass");
  assert.equal((await stored("h1")).length, 0);
  const done = await fix({ raw: { ...raw, properties: good } });
  assert.equal(done.body.outcome, "replayed");
  assert.equal((await stored("h1")).length, 1);
  assert.equal((await call("GET", "/events/bad/shop/bad:h1?environment=production")).status, 404);
});

test("a dismissed group leaves the list with its reason in the audit log", async () => {
  await send([{ event: "", messageId: "d1" }]);
  await store.flush();
  const { body } = await call("GET", "/events/bad?environment=production");
  const [{ event, kind, plan, path, reason }] = body.groups;
  const started = await call("POST", "/events/bad/dismiss", {
    body: {
      environment: "production",
      group: { event, kind, plan, path, reason },
      reason: "a test page",
    },
  });
  assert.equal(started.status, 202, JSON.stringify(started.body));
  await worker.settled();
  assert.deepEqual((await call("GET", "/events/bad?environment=production")).body.groups, []);
  const rows = await database.db
    .selectFrom("audit_outbox")
    .select("audit_outbox.action")
    .where("audit_outbox.workspace_id", "=", workspaceId)
    .execute();
  const actions = new Set(rows.map(({ action }) => action));
  for (const action of [
    "plan.publish",
    "event.replay",
    "event.replayed",
    "event.fix",
    "event.dismiss",
  ]) {
    assert.ok(actions.has(action), action);
  }
});

test("a mapping at the door mends events before they are checked, until it ends", async () => {
  const endsAt = new Date(clock.now().getTime() + 60_000).toISOString();
  const mapping = await call("POST", "/events/mappings", {
    body: {
      title: "Old app",
      event: "order done",
      environment: null,
      edits: [
        { kind: "rename", to: "Order Completed" },
        { kind: "move", from: "/properties/total", to: "/properties/revenue" },
      ],
      endsAt,
    },
  });
  assert.equal(mapping.status, 201, JSON.stringify(mapping.body));
  const old = { event: "order done", properties: { order_id: "1", total: 3 } };
  assert.equal((await send([{ ...old, messageId: "p1" }])).body.accepted, 1);
  const [event] = await stored("p1");
  assert.deepEqual(
    [event?.event, event?.properties],
    ["Order Completed", '{"order_id":"1","revenue":3}'],
  );
  clock.advance(120_000);
  await send([{ ...old, messageId: "p2" }]);
  assert.equal((await stored("p2"))[0]?.event, "order done");
  const person = await call("POST", "/events/mappings", {
    body: {
      title: "x",
      event: "e",
      environment: null,
      edits: [{ kind: "set", path: "/userId", value: 1 }],
      endsAt,
    },
  });
  assert.equal(person.status, 422);
});

test("last week's events say what a schema would do, before it is published", async () => {
  const strict = {
    ...SCHEMA,
    properties: { ...SCHEMA.properties, revenue: { type: "number", minimum: 5 } },
  };
  const { body } = await call("POST", "/telemetry-plans/order-completed/preview", {
    body: { schema: strict, environment: "production" },
  });
  assert.deepEqual([body.events, body.passed, body.complete], [9, 7, true]);
  assert.deepEqual(body.faults, [
    { path: "/properties/revenue", reason: "must be 5 or more", events: 2 },
  ]);
});

test("viewers read plans and bad events, and change neither", async () => {
  const role = "viewer";
  assert.equal((await call("GET", "/telemetry-plans", { role })).status, 200);
  assert.equal((await call("GET", "/events/bad?environment=production", { role })).status, 200);
  const body = { name: "x", eventType: "track", event: "X" };
  assert.equal((await call("POST", "/telemetry-plans", { role, body })).status, 403);
  const replay = { environment: "production", group: GROUP };
  assert.equal((await call("POST", "/events/bad/replay", { role, body: replay })).status, 403);
});

test("an initiative sees of its plans whether an event arrived that fits, not one that breaks them", async () => {
  const initiativeId = randomUUID();
  const owned = async () => {
    await plans.flush();
    const found = await plansOwnedBy(database.db, workspaceId, [initiativeId], clock.now());
    return found.map(({ name, published, arrivals }) => ({
      name,
      published,
      passed: arrivals.some(({ lastPassedAt }) => lastPassedAt !== null),
    }));
  };
  const created = await call("POST", "/telemetry-plans", {
    body: { name: "signup", eventType: "track", event: "Signed Up", initiativeId },
  });
  assert.deepEqual(await owned(), [{ name: "signup", published: false, passed: false }]);
  const drafted = await call("PUT", "/telemetry-plans/signup/draft", {
    body: { schema: SCHEMA, mode: "enforce" },
    etag: created.body.etag,
  });
  await call("POST", "/telemetry-plans/signup/publish", { etag: drafted.body.etag });
  await send([{ event: "Signed Up", messageId: "su1", properties: { order_id: 1 } }]);
  assert.deepEqual(await owned(), [{ name: "signup", published: true, passed: false }]);
  await send([{ event: "Signed Up", messageId: "su2", properties: { order_id: "1", revenue: 0 } }]);
  assert.deepEqual(await owned(), [{ name: "signup", published: true, passed: true }]);
});
