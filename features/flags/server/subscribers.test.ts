import assert from "node:assert/strict";
import { test } from "node:test";

import { createSubscribers } from "./create-subscribers.ts";
import type { SubscriberProtocol, Subscribers } from "./subscribers.ts";

const PLACE = ["w", "production"] as const;

function memory(): { subscribers: Subscribers; pass: (ms: number) => void } {
  let nowMs = 1_000_000;
  const subscribers = createSubscribers({
    session: "s",
    nowMs: () => nowMs,
    currentRevision: () => 4,
  });
  return {
    subscribers,
    pass(ms) {
      nowMs += ms;
    },
  };
}

function join(subscribers: Subscribers, protocol: SubscriberProtocol = "sdk", name = "web") {
  const [workspaceId, environment] = PLACE;
  return subscribers.join({
    workspaceId,
    environment,
    protocol,
    instance: "i",
    name,
    version: "1.0.0",
  });
}

test("receipts count who listened when the revision was published, with the time since", async () => {
  const { subscribers, pass } = memory();
  const [one, two, three] = [join(subscribers), join(subscribers), join(subscribers, "flagd-sync")];
  subscribers.published(...PLACE, 5, new Date(1_000_000));
  pass(100);
  for (const client of [one, two, three]) client.delivered(5);
  pass(100);
  one.acknowledged(5);
  // Came later: has the revision, but is no measure of how fast it travelled.
  const late = join(subscribers);
  late.delivered(5);
  late.acknowledged(5);
  three.acknowledged(5);

  const status = await subscribers.status(...PLACE);
  assert.deepEqual(
    [status.revision, status.connected, status.delivered, status.acknowledged, status.expected],
    [5, 4, 3, 1, 2],
  );
  assert.equal(status.share, 0.5);
  assert.ok(status.p50Ms !== null && status.p50Ms >= 200 && status.p50Ms <= 211);
  assert.equal(status.p99Ms, null);
  assert.equal(status.lastMs, 200);
  assert.equal(status.byProtocol["flagd-sync"]?.acknowledged, 0);
});

test("a client that skips a revision has it with the next one", async () => {
  const { subscribers, pass } = memory();
  const client = join(subscribers);
  subscribers.published(...PLACE, 5, new Date(1_000_000));
  subscribers.published(...PLACE, 6, new Date(1_000_000));
  pass(50);
  client.delivered(6);
  client.acknowledged(6);
  assert.equal((await subscribers.status(...PLACE, 5)).share, 1);
  assert.equal((await subscribers.status(...PLACE, 6)).share, 1);
});

test("who leaves before it had the revision is expected no more, who had it stays counted", async () => {
  const { subscribers } = memory();
  const [one, two] = [join(subscribers), join(subscribers)];
  subscribers.published(...PLACE, 5, new Date(1_000_000));
  one.acknowledged(5);
  one.leave();
  two.leave();
  two.acknowledged(5);
  const status = await subscribers.status(...PLACE);
  assert.deepEqual([status.expected, status.acknowledged, status.share], [1, 1, 1]);
  assert.equal(status.byProtocol.sdk?.left, 1);
  assert.equal(status.connected, 0);
});

test("nobody acknowledges twice, backwards, ahead of what is published, or for another workspace", async () => {
  const { subscribers } = memory();
  const client = join(subscribers);
  subscribers.published(...PLACE, 5, new Date(1_000_000));
  subscribers.acknowledge("other", client.id, 5);
  subscribers.acknowledge("w", client.id, 99);
  assert.equal((await subscribers.status(...PLACE)).acknowledged, 0);
  for (const revision of [5, 5, 4]) subscribers.acknowledge("w", client.id, revision);
  assert.equal((await subscribers.status(...PLACE)).acknowledged, 1);
  const [group] = await subscribers.clients(...PLACE);
  assert.deepEqual(group, {
    protocol: "sdk",
    name: "web",
    version: "1.0.0",
    revision: 5,
    clients: 1,
  });
});

test("names that clients invent do not fill the memory", async () => {
  const { subscribers } = memory();
  for (let at = 0; at < 500; at += 1) join(subscribers, "sdk", `name-${at}\u0007`);
  const groups = await subscribers.clients(...PLACE);
  assert.ok(groups.length <= 201);
  assert.equal(groups.find(({ name }) => name === "other")?.clients, 300);
  assert.ok(groups.every(({ name }) => !name.includes("\u0007")));
});

test("a database that was restored starts the numbers over", async () => {
  const { subscribers } = memory();
  const client = join(subscribers);
  subscribers.published(...PLACE, 9, new Date(1_000_000));
  client.acknowledged(9);
  subscribers.published(...PLACE, 3, new Date(1_000_000));
  client.acknowledged(3);
  assert.equal((await subscribers.status(...PLACE)).share, 1);
});
