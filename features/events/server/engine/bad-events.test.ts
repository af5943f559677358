import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { badEvent, mergeBadEvents, resolvedEvent } from "../../domain/index.ts";
import type { BadEventsQuery, FlatEvent } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import { sampleEvent, SCOPE, START } from "../sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-bad-events-"));
const store = await openEventStore({ dataDir: folder });
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const QUERY: BadEventsQuery = {
  kind: "badEvents",
  ...SCOPE,
  from: START,
  to: START + 1_000,
  resolved: "left-out",
  limit: 10,
};

function bad(messageId: string, receivedAt: number, plan: string | null): FlatEvent {
  const raw = {
    type: "track",
    event: "Order",
    userId: "u1",
    messageId,
    properties: { value: "-" },
  };
  return badEvent({
    receipt: { ...SCOPE, source: "shop", receivedAt, replay: false, newMessageId: () => "none" },
    kind: plan === null ? "invalid" : "plan",
    path: "/properties/value",
    reason: "must be a number",
    plan,
    dialect: "segment",
    call: "track",
    raw,
    sentAt: null,
    context: {},
    read: null,
  });
}

const plan = "shop/1-0-0";
const quarantined = [
  bad("a", START + 1, plan),
  bad("b", START + 2, plan),
  bad("c", START + 2, plan),
  bad("d", START + 3, null),
  bad("e", START + 5_000, plan),
];
const [first] = quarantined;
if (first === undefined) throw new Error("there are bad events");
await store.append([...quarantined, sampleEvent({ messageId: "good" })]);
await store.append([
  resolvedEvent(first, { outcome: "dismissed", by: "ada", reason: "a test", at: START + 9_000 }),
]);
await store.flush();

test("bad events are grouped by fault, without those that were dealt with", async () => {
  const { rows } = await store.run(QUERY);
  assert.deepEqual(
    mergeBadEvents(QUERY, rows).map(({ example, ...group }) => [group, example.messageId]),
    [
      [
        {
          event: "Order",
          fault: "plan",
          plan,
          path: "/properties/value",
          reason: "must be a number",
          events: 2,
          firstReceivedAt: START + 2,
          lastReceivedAt: START + 2,
        },
        "bad:c",
      ],
      [
        {
          event: "Order",
          fault: "invalid",
          plan: null,
          path: "/properties/value",
          reason: "must be a number",
          events: 1,
          firstReceivedAt: START + 3,
          lastReceivedAt: START + 3,
        },
        "bad:d",
      ],
    ],
  );
});

test("those that were dealt with are shown when asked for, of one plan if wanted", async () => {
  const { rows } = await store.run({ ...QUERY, resolved: "included", plan });
  assert.deepEqual(
    rows.map((row) => [row.plan, row.events, row.firstReceivedAt]),
    [[plan, 3, START + 1]],
  );
  const other = await store.run({ ...QUERY, event: "Visit" });
  assert.deepEqual(other.rows, []);
});

test("groups of two engines are one, with the newest example", async () => {
  const { rows } = await store.run(QUERY);
  const [group] = rows;
  assert.ok(group !== undefined);
  const elsewhere = {
    ...group,
    events: 5,
    firstReceivedAt: START,
    lastReceivedAt: START + 7,
    example: { ...group.example, messageId: "bad:z", receivedAt: START + 7 },
  };
  const [merged] = mergeBadEvents(QUERY, [...rows, elsewhere]);
  assert.deepEqual(merged, { ...elsewhere, events: 7, firstReceivedAt: START });
});

test("the bad events of a group come in pages, without those that were dealt with", async () => {
  const group = {
    event: "Order",
    fault: "plan",
    plan,
    path: "/properties/value",
    reason: "must be a number",
  };
  const query = {
    kind: "badGroup",
    ...SCOPE,
    group,
    from: 0,
    to: START + 9_000,
    limit: 2,
  } as const;
  const { rows: page } = await store.run(query);
  assert.deepEqual(
    page.map((row) => [row.messageId, row.unit, JSON.parse(row.properties).raw.messageId]),
    [
      ["bad:b", "u1", "b"],
      ["bad:c", "u1", "c"],
    ],
  );
  const last = page.at(-1);
  assert.ok(last !== undefined);
  const { rows: next } = await store.run({ ...query, after: last });
  assert.deepEqual(
    next.map((row) => row.messageId),
    ["bad:e"],
  );
  const unplanned = { ...query, group: { ...group, fault: "invalid", plan: null } };
  assert.deepEqual(
    (await store.run(unplanned)).rows.map((row) => row.messageId),
    ["bad:d"],
  );
});
