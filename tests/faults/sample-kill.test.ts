import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { freePort, makeAdminKey, startServerChild } from "./server-child.ts";
import type { ServerChild } from "./server-child.ts";

const WITHIN_MS = 90_000;
const STEP_MS = 100;

// eslint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
type Json = any;

let dataDir = "";
let server: ServerChild;
let key = "";

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "paceline-sample-kill-"));
});
after(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function call(path: string, method: "GET" | "POST" = "GET"): Promise<Json> {
  const answer = await fetch(new URL(`/api/v1${path}`, server.url), {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(method === "POST" ? { body: "{}" } : {}),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

async function sampleWhen(reached: (sample: Json) => boolean): Promise<Json> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const sample = await call("/sample");
    if (reached(sample)) return sample;
    assert.ok(performance.now() < deadline, `still ${JSON.stringify(sample.progress)}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

test("a server that is killed while it makes the sample makes it whole at its next start", async () => {
  const port = await freePort();
  server = await startServerChild(dataDir, port, { sample: true });
  key = await makeAdminKey(server);
  // In the midst of the simulated days: initiatives, flags, looks and events are there already.
  const before = await sampleWhen(({ progress }) => progress.done >= 24);
  assert.equal(before.state, "filling");
  await server.kill();
  server = await startServerChild(dataDir, port, { sample: true });
  const sample = await sampleWhen(({ state }) => state !== "filling");
  assert.deepEqual([sample.state, sample.failure], ["present", null]);
  const titles = (await call("/initiatives?limit=100")).items.map(({ title }: Json) => title);
  assert.equal(new Set(titles).size, 13);
  assert.equal(titles.length, 13);
  const verdicts = (await call("/experiments?limit=100")).items
    .map(({ state, verdict }: Json) => verdict ?? state)
    .toSorted();
  assert.deepEqual(verdicts, ["rollback", "running", "ship"]);
  assert.equal((await call("/audit/verifications", "POST")).verdict, "intact");
});
