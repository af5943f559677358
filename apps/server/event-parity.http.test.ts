import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import type { EventSources, ParityLatest, ParityReportView } from "@paceline/events/api";

import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const HOUR_MS = 3_600_000;
/** An hour that is over, so that no client's instant is moved to the receipt. */
const FROM = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 4 * HOUR_MS;
const WINDOW = `environment=production&from=${iso(FROM)}&to=${iso(FROM + 2 * HOUR_MS)}`;

let server: TestServer;
let cookie: string;
let keyId = "";

function iso(at: number): string {
  return new Date(at).toISOString();
}

const order = (place: number, more: object = {}) => ({
  type: "track",
  messageId: `order-${place}`,
  userId: `customer-${place % 7}`,
  event: "Order Completed",
  timestamp: iso(FROM + place * 60_000),
  properties: { revenue: place },
  context: { library: { name: "analytics-node", version: "3.1.0" } },
  ...more,
});
const ORDERS = Array.from({ length: 100 }, (_, place) => order(place));

before(async () => {
  server = await startTestServer();
  cookie = await becomeOwner(server);
  const key = await makeKey(server, cookie, "intake");
  keyId = key.id;
  const sent = await server.app.inject({
    method: "POST",
    url: "/v1/batch",
    headers: { authorization: `Bearer ${key.secret}` },
    payload: { batch: ORDERS.slice(3) },
  });
  assert.equal(sent.json().accepted, 97);
  await server.parts.events.flush();
});
after(() => server.close());

async function compare(file: Buffer | string, query = ""): Promise<ParityReportView> {
  const answer = await server.app.inject({
    method: "POST",
    url: `/api/v1/events/parity?${WINDOW}${query}`,
    headers: { cookie, "content-type": "application/octet-stream" },
    payload: file,
  });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

const lines = (messages: readonly object[]) =>
  messages.map((message) => `${JSON.stringify(message)}\n`).join("");

test("an export of the other vendor is compared by id, zipped or not, and the report is kept without ids", async () => {
  const theirs = [...ORDERS.slice(0, 98), order(200, { timestamp: iso(FROM + 9 * HOUR_MS) })];
  const report = await compare(gzipSync(`${lines(theirs)}not json\n`));
  assert.deepEqual(
    [report.here, report.there, report.matched, report.missingHere, report.missingThere],
    [97, 98, 95, 3, 2],
  );
  assert.deepEqual([report.outsideThere, report.unreadableThere], [1, 1]);
  const [event] = report.events;
  assert.deepEqual(event?.samplesMissingHere, ["order-0", "order-1", "order-2"]);
  assert.deepEqual(event?.samplesMissingThere, ["order-98", "order-99"]);
  assert.match(
    report.verdict.sentence,
    /^Paceline has 96\.93% of the 98 messages; 3 of Order Completed are missing on /u,
  );
  const { report: kept }: ParityLatest = (
    await server.app.inject({
      url: "/api/v1/events/parity?environment=production",
      headers: { cookie },
    })
  ).json();
  assert.equal(kept?.verdict.sentence, report.verdict.sentence);
  assert.deepEqual(kept?.events[0]?.samplesMissingHere, []);
});

test("a CSV file with columns of its own is compared by them", async () => {
  const rows = ORDERS.slice(3).map(
    ({ messageId, timestamp, properties }) =>
      `${messageId},"Order Completed",${timestamp},"${JSON.stringify(properties).replaceAll('"', '""')}"`,
  );
  const report = await compare(
    ["key,what,moment,body", ...rows].join("\n"),
    "&format=csv&messageId=key&event=what&timestamp=moment&properties=body",
  );
  assert.deepEqual(
    [report.verdict.kind, report.matched, report.events[0]?.schema],
    ["equal", 97, []],
  );
});

test("a time that is no time is refused before anything is read", async () => {
  const answer = await server.app.inject({
    method: "POST",
    url: `/api/v1/events/parity?environment=production&from=${iso(FROM)}&to=${iso(FROM)}`,
    headers: { cookie, "content-type": "text/csv" },
    payload: "x",
  });
  assert.equal(answer.statusCode, 422);
  assert.equal(answer.json().errors[0].pointer, "query/to");
});

test("a source is shown with its client, its volume and its newest event, also before its first", async () => {
  const idle = await makeKey(server, cookie, "intake");
  const { items }: EventSources = (
    await server.app.inject({
      url: "/api/v1/events/sources?environment=production",
      headers: { cookie },
    })
  ).json();
  const used = items.find(({ id }) => id === keyId);
  assert.deepEqual(used?.library, { name: "analytics-node", version: "3.1.0" });
  assert.equal(used?.total, 97);
  assert.ok(used?.newestReceivedAt != null);
  const unused = items.find(({ id }) => id === idle.id);
  assert.deepEqual([unused?.total, unused?.newestReceivedAt], [0, null]);
  const of: EventSources = (
    await server.app.inject({
      url: "/api/v1/events/sources?environment=production&type=track&event=Other",
      headers: { cookie },
    })
  ).json();
  assert.deepEqual(of.items, []);
});
