import assert from "node:assert/strict";
import { test } from "node:test";

import { receiptStatus } from "./receipt-status.ts";
import { SubscriberRegistry } from "./subscriber-registry.ts";
import type {
  ClientGroup,
  ReceiptStatus,
  SubscriberProtocol,
  Subscription,
} from "./subscribers.ts";

const PLACE = ["w", "production"] as const;

/** One process, with a clock that the test moves. */
class Process {
  nowMs = 1_000_000;
  readonly registry = new SubscriberRegistry({
    session: "s",
    nowMs: () => this.nowMs,
    currentRevision: () => 4,
  });

  pass(ms: number): void {
    this.nowMs += ms;
  }

  join(protocol: SubscriberProtocol = "sdk", name = "web"): Subscription {
    const { registry } = this;
    const [workspaceId, environment] = PLACE;
    const about = { workspaceId, environment, protocol, instance: "i", name, version: "1.0.0" };
    const id = registry.join(about);
    return {
      id,
      delivered: (revision) => registry.delivered(id, revision),
      acknowledged: (revision) => void registry.acknowledged(id, revision, this.nowMs),
      leave: () => registry.leave(id),
    };
  }

  published(revision: number): void {
    this.registry.published(...PLACE, revision, this.nowMs);
  }

  groups(): readonly ClientGroup[] {
    return this.registry.groups(...PLACE);
  }

  status(revision = this.registry.newest(...PLACE)): ReceiptStatus {
    const connected = this.groups().reduce((total, { clients }) => total + clients, 0);
    return receiptStatus(revision, this.registry.receipts(...PLACE, revision), connected);
  }
}

test("receipts count who listened when the revision was published, with the time since", () => {
  const one = new Process();
  const clients = [one.join(), one.join(), one.join("flagd-sync")] as const;
  one.published(5);
  one.pass(100);
  for (const client of clients) client.delivered(5);
  one.pass(100);
  clients[0].acknowledged(5);
  // Came later: has the revision, but is no measure of how fast it travelled.
  const late = one.join();
  late.delivered(5);
  late.acknowledged(5);
  clients[2].acknowledged(5);

  const status = one.status();
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

test("a client that skips a revision has it with the next one", () => {
  const one = new Process();
  const client = one.join();
  one.published(5);
  one.published(6);
  one.pass(50);
  client.delivered(6);
  client.acknowledged(6);
  assert.equal(one.status(5).share, 1);
  assert.equal(one.status(6).share, 1);
});

test("who leaves before it had the revision is expected no more, who had it stays counted", () => {
  const one = new Process();
  const [had, hadNot] = [one.join(), one.join()];
  one.published(5);
  had.acknowledged(5);
  had.leave();
  hadNot.leave();
  hadNot.acknowledged(5);
  const status = one.status();
  assert.deepEqual([status.expected, status.acknowledged, status.share], [1, 1, 1]);
  assert.equal(status.byProtocol.sdk?.left, 1);
  assert.equal(status.connected, 0);
});

test("nobody acknowledges twice, backwards, ahead of what is published, or for another workspace", () => {
  const one = new Process();
  const client = one.join();
  one.published(5);
  one.registry.acknowledged(client.id, 5, one.nowMs, "other");
  one.registry.acknowledged(client.id, 99, one.nowMs, "w");
  assert.equal(one.status().acknowledged, 0);
  for (const revision of [5, 5, 4]) client.acknowledged(revision);
  assert.equal(one.status().acknowledged, 1);
  const [group] = one.groups();
  assert.deepEqual(group, {
    protocol: "sdk",
    name: "web",
    version: "1.0.0",
    revision: 5,
    clients: 1,
  });
});

test("names that clients invent do not fill the memory", () => {
  const one = new Process();
  for (let at = 0; at < 500; at += 1) one.join("sdk", `name-${at}\u0007`);
  const groups = one.groups();
  assert.ok(groups.length <= 201);
  assert.equal(groups.find(({ name }) => name === "other")?.clients, 300);
  assert.ok(groups.every(({ name }) => !name.includes("\u0007")));
});

test("a database that was restored starts the numbers over", () => {
  const one = new Process();
  const client = one.join();
  one.published(9);
  client.acknowledged(9);
  one.published(3);
  client.acknowledged(3);
  assert.equal(one.status().share, 1);
});
