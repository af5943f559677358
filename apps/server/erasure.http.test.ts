import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { keepEventsInOrder } from "@paceline/events/server";
import { apiCaller, filesHolding } from "@paceline/test-kit";
import type { Answered, Method } from "@paceline/test-kit";
import { sql } from "kysely";

import { eventUpkeep } from "./event-routes.ts";
import { addMember, becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const PERSON = "jane.roe+shop@example.com";
const OLD = "2020-03-04T05:06:07Z";
let server: TestServer;
let owner: string;
let writeKey: string;

before(async () => {
  server = await startTestServer();
  owner = await becomeOwner(server);
  writeKey = (await makeKey(server, owner, "intake")).secret;
});
after(() => server.close());

function call(method: Method, url: string, payload?: object, cookie = owner): Promise<Answered> {
  return apiCaller(server.app, { cookie }).ask(method, url, payload);
}

async function send(userId: string, timestamp?: string) {
  const answer = await server.app.inject({
    method: "POST",
    url: "/v1/track",
    headers: { authorization: `Basic ${btoa(`${writeKey}:`)}` },
    payload: { event: "Order", userId, ...(timestamp === undefined ? {} : { timestamp }) },
  });
  return JSON.parse(answer.body);
}

/** Audit entries of one action, whether the tree has them already or not. */
async function audited(action: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select id, action from audit_outbox union select id, action from audit_entries
    ) as entry where entry.action = ${action}`.execute(server.parts.store.db);
  return rows[0]?.count ?? 0;
}

test("a person is erased with a receipt and an audit entry, and refused afterwards", async () => {
  await send(PERSON);
  await send("somebody");
  const erased = await call("POST", "/api/v1/events/erasures", {
    identifiers: [PERSON],
    reason: "request of 2 March",
  });
  assert.equal(erased.status, 201, JSON.stringify(erased.body));
  assert.equal(erased.body.rowsRemoved, 1);
  assert.match(erased.body.receiptSha256, /^[0-9a-f]{64}$/);
  const events = join(server.dataDir, "events");
  assert.deepEqual(await filesHolding(events, [PERSON]), []);
  const found = await call("GET", `/api/v1/events/erasures/${erased.body.id}`);
  assert.deepEqual(found.body, erased.body);
  const list = await call("GET", "/api/v1/events/erasures?limit=10");
  assert.deepEqual(list.body, { items: [erased.body], next: null });
  const answer = await send(PERSON);
  assert.deepEqual([answer.accepted, answer.suppressed], [0, 1]);
  assert.equal(await audited("event.erase"), 1);
});

test("a reason that names the person is refused, and nothing is erased", async () => {
  const refused = await call("POST", "/api/v1/events/erasures", {
    identifiers: ["somebody"],
    reason: "somebody asked for it",
  });
  assert.equal(refused.status, 422);
  assert.match(refused.body.type, /reason-names-person/);
  assert.equal((await call("GET", "/api/v1/events/erasures")).body.items.length, 1);
});

test("only those with the permission may erase, see receipts and set retention", async () => {
  const analyst = await addMember(server, owner, "analyst");
  const body = { identifiers: ["somebody"], reason: "no" };
  assert.equal((await call("POST", "/api/v1/events/erasures", body, analyst)).status, 403);
  assert.equal((await call("GET", "/api/v1/events/erasures", undefined, analyst)).status, 403);
  const rule = { environment: null, months: 1 };
  assert.equal((await call("PUT", "/api/v1/events/retention", rule, analyst)).status, 403);
  assert.equal((await call("GET", "/api/v1/events/erasures/absent")).status, 404);
});

test("a receipt without a record, as a crash leaves it, is recorded by the upkeep, once", async () => {
  const { parts } = server;
  const [receipt] = parts.events.erasures.receipts;
  assert.ok(receipt);
  const late = await parts.events.erasures.erase({
    id: "left-by-a-crash",
    workspace: receipt.workspace,
    identifiers: ["nobody"],
    suppress: false,
    reason: "crash",
    actor: receipt.actor,
  });
  const upkeep = { ...eventUpkeep(parts), recordAfterMs: 0 };
  const now = new Date(late.completedAt + 1);
  await keepEventsInOrder(upkeep, now);
  await keepEventsInOrder(upkeep, now);
  const found = await call("GET", "/api/v1/events/erasures/left-by-a-crash");
  assert.equal(found.body.state, "done");
  assert.equal((await call("GET", "/api/v1/events/erasures")).body.items.length, 2);
  assert.equal(await audited("event.erase"), 2);
});

test("what is older than the rule says goes with the upkeep, after a dry run has shown it", async () => {
  await send("old-timer", OLD);
  await send("new-comer");
  await server.parts.events.flush();
  const shown = await call("GET", "/api/v1/events/retention?before=2021-01");
  assert.deepEqual(shown.body, {
    rules: [],
    due: [{ environment: "production", month: "2020-03", events: 1 }],
  });
  const rule = { environment: "production", months: 24 };
  assert.equal((await call("PUT", "/api/v1/events/retention", rule)).status, 200);
  const { body } = await call("GET", "/api/v1/events/retention");
  assert.deepEqual(body, { rules: [rule], due: shown.body.due });
  await keepEventsInOrder(eventUpkeep(server.parts), new Date());
  assert.deepEqual((await call("GET", "/api/v1/events/retention")).body.due, []);
  const recent = await call("GET", "/api/v1/events?environment=production");
  const units = recent.body.items.map(({ unit }: { unit: string }) => unit);
  assert.deepEqual(
    [await audited("event.retention.set"), await audited("event.retention.apply")],
    [1, 1],
  );
  assert.ok(units.includes("new-comer") && !units.includes("old-timer"), units.join());
});

test("erasing a person deletes what sticky rules assigned, and keeps nothing new", async () => {
  const person = "sticky.person@example.com";
  const flag = { key: "kept", type: "boolean", variants: { on: true } };
  assert.equal((await call("POST", "/api/v1/flags", flag)).status, 201);
  const at = "/api/v1/flags/kept/environments/production";
  const sticky = { fallbackUnit: "anonymousId", minPhase: 1 };
  const rules = [{ id: "r", serve: { split: [{ variant: "on", share: 1 }] }, sticky }];
  assert.equal((await call("PUT", at, { rules })).status, 200);
  assert.equal((await call("POST", `${at}/publish`, {})).status, 200);
  const { secret } = await makeKey(server, owner, "evaluate");
  const evaluate = async (context: object): Promise<unknown> => {
    const answer = await server.app.inject({
      method: "POST",
      url: "/ofrep/v1/evaluate/flags/kept",
      headers: { authorization: `Bearer ${secret}` },
      payload: { context },
    });
    return JSON.parse(answer.body).variant;
  };
  const units = async (): Promise<readonly string[]> => {
    const { db } = server.parts.store;
    const rows = await db.selectFrom("flag_assignments").select("unit").orderBy("unit").execute();
    return rows.map(({ unit }) => unit);
  };
  assert.equal(await evaluate({ anonymousId: "anon-1" }), "on");
  assert.equal(await evaluate({ targetingKey: person, anonymousId: "anon-1" }), "on");
  assert.equal(await evaluate({ targetingKey: "other" }), "on");
  assert.deepEqual(await units(), ["anon-1", "other", person]);
  const identifiers = [person, "anon-1"];
  const erased = await call("POST", "/api/v1/events/erasures", { identifiers, reason: "asked" });
  assert.equal(erased.status, 201);
  assert.deepEqual(await units(), ["other"]);
  assert.equal(await evaluate({ targetingKey: person, anonymousId: "anon-1" }), "on");
  assert.deepEqual(await units(), ["other"]);
});
