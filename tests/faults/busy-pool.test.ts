import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";

const folder = await mkdtemp(join(tmpdir(), "paceline-pool-"));
after(() => rm(folder, { recursive: true, force: true }));

test("an append is acknowledged while six endless queries run", { timeout: 60_000 }, async () => {
  const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
  const script = join(import.meta.dirname, "busy-pool-child.ts");
  const child = spawn(process.execPath, [script, folder, "6"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  after(() => child.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { acknowledged, ended } = JSON.parse(line) as { acknowledged: boolean; ended: number };
  assert.deepEqual({ acknowledged, ended }, { acknowledged: true, ended: 0 });
});
