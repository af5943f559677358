import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import type { Role } from "@paceline/command";
import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";

import type { EventCatalog, EventStorage, RecentEventsPage } from "../api.ts";
import { openEventStore } from "./event-store.ts";
import { registerRoutes } from "./index.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "./sample-events.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-queries-"));
const store = await openEventStore({ dataDir: folder });
/** Never connected to: these routes read the event store only. */
const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
let workspaceId: string = SCOPE.workspace;
const role: Role = "viewer";
const now = new Date(START + 2 * 24 * HOUR);
const { app } = await createApp({
  db,
  clock: { now: () => now },
  authenticate: async () => ({
    actor: { kind: "person", id: "p1", name: "Ines", role },
    workspaceId,
    environment: null,
    via: "session",
  }),
});
registerRoutes(app, {
  store,
  findCaller: async () => null,
  findEnvironmentTime: async () => ({ replay: false, now }),
  newId: () => "none",
});
after(async () => {
  await app.close();
  await store.close();
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});
const orders = Array.from({ length: 25 }, (_, place) =>
  sampleEvent({ messageId: `m${place}`, unit: `u${place % 5}`, properties: '{"value":3}' }),
);
await store.append([...orders, sampleExposure("u1", "b", START + 24 * HOUR)]);
await store.append([
  sampleEvent({ workspace: "another", messageId: "theirs" }),
  sampleEvent({ type: "bad", messageId: "bad:m1", unit: "u1" }),
  sampleEvent({ type: "resolved", messageId: "resolved:bad:m1", unit: "u1" }),
]);
await store.flush();

async function get<T>(url: string): Promise<T> {
  const response = await app.inject({ method: "GET", url });
  assert.equal(response.statusCode, 200, response.body);
  return response.json() as T;
}

test("pages of events follow each other without gap or copy, though all arrived at one instant", async () => {
  const seen: string[] = [];
  let next: string | null = "";
  let pages = 0;
  while (next !== null) {
    const cursor = next === "" ? "" : `&cursor=${next}`;
    const page: RecentEventsPage = await get(
      `/api/v1/events?environment=production&type=track&limit=10${cursor}`,
    );
    seen.push(...page.items.map((item) => item.messageId));
    next = page.next;
    pages += 1;
  }
  assert.equal(pages, 3);
  assert.deepEqual(seen.toSorted(), orders.map((order) => order.messageId).toSorted());
});

test("an event is shown with its parsed properties, an exposure with its variant", async () => {
  const { items } = await get<RecentEventsPage>("/api/v1/events?environment=production&unit=u1");
  const [exposure, order] = items;
  assert.deepEqual(
    [exposure?.type, exposure?.flagKey, exposure?.variant],
    ["exposure", "checkout", "b"],
  );
  assert.deepEqual([order?.event, order?.properties], ["Order", { value: 3 }]);
});

test("bad events and their resolutions are in the stream only for who asks for them", async () => {
  const all: RecentEventsPage = await get("/api/v1/events?environment=production&unit=u1");
  assert.ok(all.items.every((item) => item.type !== "bad" && item.type !== "resolved"));
  const bad: RecentEventsPage = await get("/api/v1/events?environment=production&type=bad");
  assert.deepEqual(
    bad.items.map((item) => item.messageId),
    ["bad:m1"],
  );
});

test("the catalog counts names by day, says how fresh they are and shows its SQL", async () => {
  const catalog = await get<EventCatalog>("/api/v1/events/catalog?environment=production");
  assert.deepEqual(
    catalog.events.map(({ type, event, total, counts }) => ({ type, event, total, counts })),
    [
      {
        type: "exposure",
        event: "checkout",
        total: 1,
        counts: [{ at: new Date(START + 24 * HOUR).toISOString(), events: 1, units: 1 }],
      },
      {
        type: "track",
        event: "Order",
        total: 25,
        counts: [{ at: new Date(START).toISOString(), events: 25, units: 5 }],
      },
    ],
  );
  assert.equal(catalog.newestReceivedAt, new Date(START + 24 * HOUR).toISOString());
  assert.match(catalog.sql, /read_parquet\(\['/);
});

test("nobody sees another workspace's events", async () => {
  const storage = await get<EventStorage>("/api/v1/events/storage");
  assert.deepEqual(
    storage.environments.map(({ environment, events }) => [environment, events]),
    [["production", 28]],
  );
  workspaceId = "another";
  const page = await get<RecentEventsPage>("/api/v1/events?environment=production");
  workspaceId = SCOPE.workspace;
  assert.deepEqual(
    page.items.map((item) => item.messageId),
    ["theirs"],
  );
});
