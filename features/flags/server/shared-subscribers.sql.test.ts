import assert from "node:assert/strict";
import { after, test } from "node:test";

import { listen } from "@paceline/db";
import type { Notifications } from "@paceline/db";
import { sql } from "kysely";

import { createFlagSets } from "./flag-sets.ts";
import type { FlagSets } from "./flag-sets.ts";
import type { SubscriberProtocol, Subscribers, Subscription } from "./subscribers.ts";
import { publishTestFlag, startTestServer, testSubscribers, WORKSPACE } from "./test-server.ts";

const PLACE = [WORKSPACE, "production"] as const;
const boolean = { type: "boolean", variants: { on: true, off: false } };

const server = await startTestServer();
const { db, url } = server.database;
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
  await server.close();
});

interface Node {
  readonly flagSets: FlagSets;
  readonly subscribers: Subscribers;
  readonly notifications: Notifications;
}

/** A second process that shares the database, with the clock of the first. */
async function startNode(): Promise<Node> {
  const onError = (error: unknown): void => void server.errors.push(error);
  const notifications = await listen(url, onError);
  const flagSets = await createFlagSets({ db, notifications, onError });
  const nowMs = (): number => server.clock.now().getTime();
  const subscribers = await testSubscribers(db, notifications, flagSets, nowMs, onError);
  closing.push(async () => {
    flagSets.close();
    await subscribers.close();
    await notifications.close();
  });
  return { flagSets, subscribers, notifications };
}

function join(
  subscribers: Subscribers,
  name: string,
  protocol: SubscriberProtocol = "sdk",
): Subscription {
  const [workspaceId, environment] = PLACE;
  return subscribers.join({
    workspaceId,
    environment,
    protocol,
    instance: "i",
    name,
    version: "1",
  });
}

/** Resolves when both processes know the revision. */
async function known(node: Node, revision: number): Promise<void> {
  while (node.flagSets.get(...PLACE).revision < revision) await node.flagSets.refresh(...PLACE);
}

const other = await startNode();

test("receipts of all nodes are added up, and an acknowledgement may arrive on any of them", async () => {
  const here = join(server.subscribers, "web");
  const there = join(other.subscribers, "node");
  const sync = join(other.subscribers, "flagd", "flagd-sync");
  const revision = await publishTestFlag(server, "one", boolean, { defaultVariant: "on" });
  await known(other, revision);
  for (const client of [here, there, sync]) client.delivered(revision);
  server.clock.advance(1_400);

  const heard = Promise.withResolvers<void>();
  const stop = other.subscribers.onChange(() => {
    void other.subscribers
      .status(...PLACE, revision)
      .then(({ share }) => (share === 1 ? heard.resolve() : undefined));
  });
  here.acknowledged(revision);
  // The load balancer sent it to the node that does not have the stream.
  server.subscribers.acknowledge(WORKSPACE, there.id, revision);
  await heard.promise;
  stop();

  const status = await server.subscribers.status(...PLACE, revision);
  assert.deepEqual(
    [status.connected, status.delivered, status.expected, status.acknowledged, status.share],
    [3, 3, 2, 2, 1],
  );
  assert.ok(status.p99Ms !== null && status.p99Ms >= 1_400 && status.p99Ms < 1_475);
  assert.equal(status.byProtocol["flagd-sync"]?.expected, 1);
  assert.deepEqual(await server.subscribers.clients(...PLACE), [
    { protocol: "flagd-sync", name: "flagd", version: "1", revision, clients: 1 },
    { protocol: "sdk", name: "node", version: "1", revision, clients: 1 },
    { protocol: "sdk", name: "web", version: "1", revision, clients: 1 },
  ]);
  for (const client of [here, there, sync]) client.leave();
});

test("what a rollback reached can be read when its clients are long gone", async () => {
  const client = join(server.subscribers, "gone");
  const revision = await publishTestFlag(server, "two", boolean, { defaultVariant: "on" });
  client.acknowledged(revision);
  client.leave();
  await publishTestFlag(server, "three", boolean, { defaultVariant: "on" });
  await known(other, revision + 1);
  await server.subscribers.status(...PLACE);
  const status = await other.subscribers.status(...PLACE, revision);
  assert.deepEqual([status.acknowledged, status.share], [1, 1]);
});

test("the clients of a process that died are counted no more", async () => {
  const dying = await startNode();
  join(dying.subscribers, "doomed");
  const names = async (): Promise<readonly string[]> =>
    (await server.subscribers.clients(...PLACE)).map(({ name }) => name);
  await dying.subscribers.status(...PLACE);
  assert.deepEqual(await names(), ["doomed"]);
  await sql`update flag_subscriber_sessions set heartbeat_at = heartbeat_at - interval '20 s'
    where session in (select session from flag_clients where name = 'doomed')`.execute(db);
  assert.deepEqual(await names(), []);
});

test("what could not be written while the database was away is written afterwards", async () => {
  const client = join(server.subscribers, "patient");
  await sql`alter table flag_clients rename to flag_clients_away`.execute(db);
  client.delivered(1);
  await assert.rejects(server.subscribers.clients(...PLACE));
  await sql`alter table flag_clients_away rename to flag_clients`.execute(db);
  const names = (await server.subscribers.clients(...PLACE)).map(({ name }) => name);
  assert.ok(names.includes("patient"));
  client.leave();
});
