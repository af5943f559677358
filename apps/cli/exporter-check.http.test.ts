import assert from "node:assert/strict";
import { after, test } from "node:test";

import { startOtlpReceiver } from "@paceline/test-kit";

import { exporterCheck } from "./commands/exporter-check.ts";

const receiver = await startOtlpReceiver();
after(() => receiver.close());
const NO_SERVER = "http://127.0.0.1:9/metrics";
const env = {
  OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/in/secret-path`,
  OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20secret-token",
  OTEL_LOGS_EXPORTER: "none",
};

test("without an endpoint the doctor says that telemetry stays here", async () => {
  assert.match(await exporterCheck({}, NO_SERVER), /stays here/);
});

test("the doctor asks each endpoint with its headers, and shows neither them nor the path", async () => {
  const words = await exporterCheck(env, NO_SERVER);
  assert.equal(words, `traces, metrics to ${receiver.url} (parentbased_always_on)`);
  assert.deepEqual(
    receiver.requests.map(({ path, headers }) => `${path} ${headers.authorization}`).toSorted(),
    [
      "/in/secret-path/v1/metrics Bearer secret-token",
      "/in/secret-path/v1/traces Bearer secret-token",
    ],
  );
});

test("an endpoint that refuses, one that is away and a wrong variable are each named", async () => {
  receiver.answerWith(401);
  await assert.rejects(exporterCheck(env, NO_SERVER), (error: Error) => {
    assert.ok(!error.message.includes("secret"));
    return /traces: http:\S+ answers 401; metrics: http:\S+ answers 401/.test(error.message);
  });
  receiver.answerWith(200);
  const away = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  await assert.rejects(
    exporterCheck(away, NO_SERVER),
    /logs: http:\/\/127.0.0.1:9 does not answer/,
  );
  const wrong = { ...env, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
  await assert.rejects(exporterCheck(wrong, NO_SERVER), /OTEL_EXPORTER_OTLP_PROTOCOL must be/);
});
