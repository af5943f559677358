import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import type { RecentQuery } from "@paceline/events/domain";
import type { QueryAnswer } from "@paceline/events/server";

import { SCOPE, startIntakeServer, WRITE_KEY } from "./intake-server.ts";
import type { IntakeServer } from "./intake-server.ts";

const run = promisify(execFile);

const DISK_BYTES = 24 * 1024 * 1024;
const BALLAST_BYTES = 12 * 1024 * 1024;
const EVENTS_IN_BATCH = 50;
const REFUSALS = 30;
const AFTERWARDS = 40;
const RETRY_MS = 20;

/** A file system of its own that is soon full; null, with the test skipped, where none can be mounted. */
async function mountSmallDisk(context: TestContext): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "paceline-full-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder]);
  } catch (cause) {
    await rm(folder, { recursive: true });
    context.skip(`a small disk cannot be mounted here (needs root): ${String(cause)}`);
    return null;
  }
  return folder;
}

/** Random text, so that no file of it is smaller than it. */
function makeBatch(batch: number): { readonly ids: readonly string[]; readonly body: string } {
  const ids = Array.from({ length: EVENTS_IN_BATCH }, (_, place) => `${batch}-${place}`);
  const events = ids.map((messageId) => ({
    type: "track",
    event: "Order Completed",
    userId: "someone",
    messageId,
    properties: { note: randomBytes(400).toString("base64") },
  }));
  return { ids, body: JSON.stringify({ batch: events }) };
}

async function send({ url }: IntakeServer, body: string): Promise<Response> {
  return fetch(`${url}/v1/batch`, {
    method: "POST",
    body,
    headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` },
  });
}

async function storedIds(server: IntakeServer): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const query = { kind: "recent", ...SCOPE, limit: 1_000 } as const;
  let after: RecentQuery["after"];
  for (;;) {
    const page: RecentQuery = after === undefined ? query : { ...query, after };
    const { rows }: QueryAnswer<"recent"> = await server.store.run(page);
    for (const { messageId } of rows) counts.set(messageId, (counts.get(messageId) ?? 0) + 1);
    after = rows.at(-1);
    if (after === undefined || rows.length < query.limit) return counts;
  }
}

/** Everything in the background is tried again each second. */
async function failureIsOver(server: IntakeServer): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await server.store.flush().catch(() => undefined);
    if ((await server.store.stats()).failure === null) return;
    await pause(RETRY_MS * 5);
  }
  assert.fail(`still failing: ${(await server.store.stats()).failure}`);
}

test("a full disk refuses events for a while and loses none that were acknowledged", async (context) => {
  const folder = await mountSmallDisk(context);
  if (folder === null) return;
  const ballast = join(folder, "ballast");
  await writeFile(ballast, Buffer.alloc(BALLAST_BYTES, 1));
  const limits = { rollMs: 200, rollBytes: 1024 * 1024, rememberedMessages: 500 };
  const server = await startIntakeServer(folder, limits);
  let again: IntakeServer | null = null;
  context.after(async () => {
    await (again ?? server).close();
    await run("umount", [folder]);
    await rm(folder, { recursive: true });
  });
  const acknowledged = new Set<string>();
  const refusals = new Map<number, number>();
  let left = AFTERWARDS;
  let isFull = true;
  for (let batch = 0; left > 0; batch += 1) {
    const { ids, body } = makeBatch(batch);
    let response = await send(server, body);
    while (response.status !== 200) {
      assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
      assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
      refusals.set(response.status, (refusals.get(response.status) ?? 0) + 1);
      if (isFull && (refusals.get(503) ?? 0) >= REFUSALS) {
        isFull = false;
        await rm(ballast);
      }
      await pause(RETRY_MS);
      response = await send(server, body);
    }
    for (const id of ids) acknowledged.add(id);
    if (!isFull) left -= 1;
  }
  assert.deepEqual(
    [...refusals.keys()].filter((status) => status !== 503 && status !== 429),
    [],
  );
  await failureIsOver(server);
  const stored = await storedIds(server);
  assert.deepEqual(
    [...acknowledged].filter((id) => stored.get(id) !== 1),
    [],
  );
  assert.equal(stored.size, acknowledged.size);
  await server.close();
  again = await startIntakeServer(folder, limits);
  assert.equal((await again.store.stats()).droppedBytes, 0);
  assert.deepEqual(await storedIds(again), stored);
  const resent = await send(again, makeBatch(0).body);
  assert.equal(Reflect.get(Object(await resent.json()), "duplicates"), EVENTS_IN_BATCH);
});
