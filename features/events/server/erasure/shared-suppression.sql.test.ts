import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, test } from "node:test";

import { closeDatabase, listen, openDatabase, takeNodePlace } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";

import { sampleEvent } from "../sample-events.ts";
import { IdentifierDigests } from "./digests.ts";
import { erasureKeyState } from "./erasure-key.ts";
import { openSharedSuppression } from "./shared-suppression.ts";
import type { SharedSuppression } from "./shared-suppression.ts";
import { SuppressionList } from "./suppression.ts";

const HOUR_MS = 3_600_000;
const workspace = randomUUID();
const database = await testDatabase();
const notifications = await listen(database.url, () => undefined);
const closing: SharedSuppression[] = [];
after(async () => {
  for (const shared of closing) await shared.close();
  await notifications.close();
  await database.close();
});

interface Node {
  readonly digests: IdentifierDigests;
  readonly suppression: SuppressionList;
  readonly keyName: string;
}

function newNode(key: Uint8Array): Node {
  const digests = new IdentifierDigests(key);
  return { digests, suppression: new SuppressionList(digests), keyName: digests.keyName };
}

/** Polls once an hour: what is heard in a test came by a notification. */
async function share(
  erasures: Node,
  nodeId: string,
  db = database.db,
  onError: (error: unknown) => void = assert.ifError,
): Promise<SharedSuppression> {
  const shared = await openSharedSuppression({
    db,
    notifications,
    erasures,
    nodeId,
    pollMs: HOUR_MS,
    onError,
  });
  closing.push(shared);
  return shared;
}

function suppress(node: Node, ...people: string[]): void {
  node.suppression.add(
    workspace,
    people.map((person) => node.digests.of(workspace, person)),
  );
}

function refuses(node: Node, person: string, inside = workspace): boolean {
  return node.suppression.suppresses(
    sampleEvent({ workspace: inside, unit: person, userId: person, anonymousId: null }),
  );
}

/** Resolves when a node refuses as many identifiers; asked again whenever the node was told. */
async function refusing(node: Node, count: number): Promise<void> {
  const heard = Promise.withResolvers<void>();
  const add = node.suppression.addOfOthers.bind(node.suppression);
  node.suppression.addOfOthers = (...given) => {
    add(...given);
    if (node.suppression.size >= count) heard.resolve();
  };
  if (node.suppression.size >= count) return;
  await heard.promise;
}

const key = randomBytes(32);
const a = newNode(key);
const b = newNode(key);

test("what one node refuses is refused by the others at once, and by nodes that start later", async () => {
  suppress(a, "before-the-start");
  await share(a, "a");
  await share(b, "b");
  assert.ok(refuses(b, "before-the-start"));
  const heard = refusing(b, 3);
  suppress(a, "zoë@example.com", "anonymous-1");
  await heard;
  assert.ok(refuses(b, "zoë@example.com") && refuses(b, "anonymous-1"));
  assert.ok(!refuses(b, "zoë@example.com", randomUUID()), "in that workspace only");
  assert.ok(!refuses(b, "somebody-else"));
  const restarted = newNode(key);
  await share(restarted, "b");
  assert.ok(refuses(restarted, "zoë@example.com"));
  assert.equal(restarted.suppression.size, 3);
});

test("both nodes may suppress thousands at a time", async () => {
  const people = (node: string): string[] =>
    Array.from({ length: 2_500 }, (_, place) => `${node}-${place}`);
  const heard = [refusing(a, 5_003), refusing(b, 5_003)];
  suppress(a, ...people("a"));
  suppress(b, ...people("b"));
  await Promise.all(heard);
  for (const node of [a, b]) {
    for (const person of [...people("a"), ...people("b")]) assert.ok(refuses(node, person), person);
  }
});

test("what could not be told while the database was away is told later", async () => {
  const errors = Promise.withResolvers<unknown>();
  const away = openDatabase(database.url, () => undefined);
  const late = newNode(key);
  await share(late, "late", away, errors.resolve);
  await closeDatabase(away);
  suppress(late, "while-away");
  assert.ok(refuses(late, "while-away"), "this node refuses at once");
  assert.ok((await errors.promise) instanceof Error);
  const heard = refusing(b, b.suppression.size + 1);
  // The same list with a database again, as the poll finds it.
  await share(late, "late");
  await heard;
  assert.ok(refuses(b, "while-away"));
});

test("a node with another key is refused with the way out, and nothing is kept of its key", async () => {
  const other = newNode(randomBytes(32));
  await assert.rejects(
    share(other, "c"),
    (error: Error) =>
      error.name === "ErasureKeyRefused" && /copy events\/erasure\.key .* `a`/.test(error.message),
  );
  const state = await erasureKeyState(database.db, "/nowhere");
  assert.equal(state.agreed, a.keyName);
  assert.equal(state.agreedBy, "a");
  assert.equal(state.own, null);
  assert.equal(state.suppressed, a.suppression.size);
});

test("a key under which nobody was erased gives way, unless another node that lives has it", async () => {
  const fresh = await testDatabase();
  try {
    const [first, second] = [newNode(randomBytes(32)), newNode(randomBytes(32))];
    const place = await takeNodePlace(
      fresh.url,
      { id: "one", eventStore: "clickhouse", auditKey: "k", dataDir: "/one", url: null },
      () => undefined,
    );
    await share(first, "one", fresh.db);
    await assert.rejects(share(second, "two", fresh.db), { name: "ErasureKeyRefused" });
    await place.release();
    await share(second, "two", fresh.db);
    assert.equal((await erasureKeyState(fresh.db, "/nowhere")).agreed, second.keyName);
  } finally {
    for (const shared of closing) await shared.close();
    await fresh.close();
  }
});
