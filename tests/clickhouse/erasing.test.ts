import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import type { FlatEvent } from "@paceline/events/domain";
import { openEventStore, readAddress } from "@paceline/events/server";

import { startClickHouse } from "./clickhouse-process.ts";
import { DAY, SCOPE, seededEvents, START } from "./seeded-events.ts";

const USER = "zoë.ångström+4711@example.com";
const ANONYMOUS = "a1b2c3d4-anonymous-9e8f";
const SHARED = "f0e1d2c3-shared-device";

const folder = await mkdtemp(join(tmpdir(), "paceline-ch-erase-"));
const server = await startClickHouse(join(folder, "clickhouse"));
const address = readAddress(`${server.url}/erasing`);
assert.ok(address !== null);
const store = await openEventStore({ dataDir: join(folder, "node"), clickhouse: { address } });
/** Each message once, as the door would take them. */
const others = [
  ...new Map(
    seededEvents(4_000, 5).map((event) => [event.source + event.messageId, event]),
  ).values(),
];
after(async () => {
  await store.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const sample = others.find(({ type }) => type === "track");
assert.ok(sample !== undefined);

function own(messageId: string, parts: Partial<FlatEvent> = {}): FlatEvent {
  const at = parts.at ?? START;
  const person = { unit: USER, userId: USER, anonymousId: null, at, receivedAt: at };
  return { ...sample, ...person, messageId, properties: "{}", ...parts } as FlatEvent;
}

/** Files below a folder whose bytes hold one of the texts, plain or as JSON escapes it. */
async function filesHolding(root: string, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // ClickHouse removes files meanwhile.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (texts.some((text) => bytes.includes(text))) found.push(path);
  }
  return found;
}

async function count(): Promise<number> {
  const { rows } = await store.run({
    kind: "catalog",
    ...SCOPE,
    from: 0,
    to: Number.MAX_SAFE_INTEGER,
    bucketMs: 365 * DAY,
  });
  return rows.reduce((sum, row) => sum + row.events, 0);
}

test("a person is gone from every file, and what others said of them is overwritten", async () => {
  await store.append(others);
  await store.flush();
  const before = await count();
  await store.append([
    own("p1", { anonymousId: ANONYMOUS }),
    own("p2", { unit: ANONYMOUS, userId: null, anonymousId: ANONYMOUS }),
    own("p3", { at: START + 40 * DAY }),
    own("s1", { anonymousId: SHARED }),
    own("s2", { unit: "someone", userId: "someone", anonymousId: SHARED }),
    own("mention", {
      unit: "someone",
      userId: "someone",
      properties: JSON.stringify({ invitedBy: USER, note: `thanks to ${USER}!`, value: 3 }),
    }),
  ]);
  await store.flush();
  assert.equal(await count(), before + 6);
  const receipt = await store.erasures.erase({
    id: "erasure-1",
    workspace: SCOPE.workspace,
    identifiers: [USER],
    suppress: true,
    reason: "asked for it",
    actor: "legal",
  });
  assert.deepEqual(
    [receipt.rowsRemoved, receipt.rowsRedacted, receipt.erased.length, receipt.shared.length],
    [4, 1, 2, 1],
  );
  assert.deepEqual(await filesHolding(folder, [USER, ANONYMOUS]), []);
  assert.equal(await count(), before + 2);
  const { rows } = await store.run({
    kind: "find",
    ...SCOPE,
    identifiers: ["someone"],
    limit: 10,
  });
  const mention = rows.find(({ messageId }) => messageId === "mention");
  assert.deepEqual(JSON.parse(mention?.properties ?? ""), {
    invitedBy: "[erased]",
    note: "[erased]",
    value: 3,
  });
  const again = await store.erasures.erase({ ...receipt, identifiers: [USER] });
  assert.equal(again.rowsRemoved, 4);
});

test("old months go, and only those of the workspace", async () => {
  const outside = own("outside", { workspace: "another workspace" });
  await store.append([outside]);
  await store.flush();
  const request = { workspace: SCOPE.workspace, environment: null, before: "2026-02" };
  const planned = await store.retain({ ...request, dryRun: true });
  const expected = others.filter(({ at }) => at < Date.UTC(2026, 1, 1)).length + 2;
  assert.deepEqual(
    planned.map(({ environment, month, events }) => [environment, month, events]),
    [[SCOPE.environment, "2026-01", expected]],
  );
  assert.deepEqual(await store.retain({ ...request, dryRun: false }), planned);
  assert.deepEqual(await store.retain({ ...request, dryRun: true }), []);
  const { scopes } = await store.stats();
  const left = new Map(scopes.map(({ workspace, events }) => [workspace, events]));
  assert.equal(left.get("another workspace"), 1);
  assert.equal(left.get(SCOPE.workspace), others.length + 2 - expected);
});

test("an environment is forgotten whole", async () => {
  assert.equal(await store.forget(SCOPE.workspace, SCOPE.environment), 0);
  const { scopes } = await store.stats();
  assert.deepEqual(
    scopes.map(({ workspace }) => workspace),
    ["another workspace"],
  );
});
