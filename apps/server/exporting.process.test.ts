import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";

import { startOtlpReceiver, testDatabase } from "@paceline/test-kit";

const MAIN = join(import.meta.dirname, "main.ts");

test("a process with an endpoint exports, and sends what waits before it ends", async (t) => {
  const receiver = await startOtlpReceiver();
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-exporting-"));
  t.after(async () => {
    await receiver.close();
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const child = spawn(
    process.execPath,
    [MAIN, "--port", "0", "--otlp-port", "0", "--data-dir", dataDir, "--sample", "0", "--json"],
    {
      env: {
        ...process.env,
        DATABASE_URL: database.url,
        PACELINE_LOG_LEVEL: "info",
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_SERVICE_NAME: "paceline-test",
      },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const exited = once(child, "exit");
  const [line] = await once(createInterface(child.stdout), "line");
  const { ready, firstRunUrl } = JSON.parse(String(line));
  assert.equal(ready, true);
  const answer = await fetch(new URL("/api/v1/first-run", firstRunUrl));
  const traceId = answer.headers.get("traceresponse")?.split("-")[1];
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  const span = receiver.spans.find((one) => one.name === "GET /api/v1/first-run");
  assert.equal(span?.traceId, traceId);
  assert.equal(span?.resource["service.name"], "paceline-test");
  assert.ok(receiver.points.some(({ metric }) => metric === "paceline_events_log_up"));
  assert.ok(receiver.logs.some(({ body }) => body.startsWith("Server listening")));
});

test("a variable of OpenTelemetry that cannot be used stops the start and is named", async () => {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const [code] = await once(child, "exit");
  assert.equal(code, 2);
  assert.match(said.join(""), /OTEL_EXPORTER_OTLP_ENDPOINT \(from the environment\) must be/);
});
