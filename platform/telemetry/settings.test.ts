import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { readTelemetrySettings } from "./settings.ts";
import type { TelemetrySettings } from "./settings.ts";

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";

function settingsOf(env: Readonly<Record<string, string>>): TelemetrySettings {
  const result = readTelemetrySettings(env);
  assert.ok(result.ok, JSON.stringify(result));
  assert.ok(result.value !== null);
  return result.value;
}

function faultsOf(env: Readonly<Record<string, string>>): readonly string[] {
  const result = readTelemetrySettings({ [ENDPOINT]: "http://c:4318", ...env });
  return result.ok ? [] : result.error.map(({ variable }) => variable);
}

test("nothing is exported without an endpoint, or when the SDK is disabled", () => {
  assert.deepEqual(readTelemetrySettings({}), { ok: true, value: null });
  assert.deepEqual(readTelemetrySettings({ [ENDPOINT]: " ", OTEL_SERVICE_NAME: "x" }), {
    ok: true,
    value: null,
  });
  const disabled = { [ENDPOINT]: "http://c:4318", OTEL_SDK_DISABLED: "TRUE" };
  assert.deepEqual(readTelemetrySettings(disabled), { ok: true, value: null });
});

test("a general endpoint gets each signal's path, one of a signal is taken as it is", () => {
  const { targets } = settingsOf({
    [ENDPOINT]: "https://collector.example/otlp/",
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://logs.example/in",
  });
  assert.equal(targets.traces?.url, "https://collector.example/otlp/v1/traces");
  assert.equal(targets.metrics?.url, "https://collector.example/otlp/v1/metrics");
  assert.equal(targets.logs?.url, "http://logs.example/in");
});

test("each signal can be switched off, and has headers, protocol and compression of its own", () => {
  const { targets } = settingsOf({
    [ENDPOINT]: "http://c:4318",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc, x-team = growth ",
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: "x-only=logs",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_TIMEOUT: "1500",
  });
  assert.equal(targets.metrics, undefined);
  assert.deepEqual(targets.traces, {
    url: "http://c:4318/v1/traces",
    headers: { authorization: "Bearer abc", "x-team": "growth" },
    protocol: "http/json",
    isCompressed: true,
    timeoutMs: 1500,
  });
  assert.deepEqual(targets.logs?.headers, { "x-only": "logs" });
  assert.equal(targets.logs?.protocol, "http/protobuf");
});

test("the service's name wins over the resource's, and is paceline unless said otherwise", () => {
  assert.equal(settingsOf({ [ENDPOINT]: "http://c" }).resource["service.name"], "paceline");
  const attributes = {
    OTEL_RESOURCE_ATTRIBUTES: "service.name=a,deployment.environment.name=eu%2C1",
  };
  assert.deepEqual(settingsOf({ [ENDPOINT]: "http://c", ...attributes }).resource, {
    "service.name": "a",
    "deployment.environment.name": "eu,1",
  });
  const named = settingsOf({ [ENDPOINT]: "http://c", ...attributes, OTEL_SERVICE_NAME: "b" });
  assert.equal(named.resource["service.name"], "b");
});

test("every variable that cannot be used is named", () => {
  const table: readonly (readonly [string, string])[] = [
    [ENDPOINT, "collector:4318"],
    [ENDPOINT, "http://user:secret@c:4318"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "no-value-here"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "0"],
    ["OTEL_TRACES_EXPORTER", "zipkin"],
    ["OTEL_TRACES_SAMPLER", "sometimes"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5"],
    ["OTEL_METRIC_EXPORT_INTERVAL", "soon"],
    ["OTEL_RESOURCE_ATTRIBUTES", "=x"],
  ];
  for (const [variable, value] of table) {
    const faults = faultsOf({ [variable]: value });
    assert.ok(faults.length > 0 && faults.every((one) => one === variable), `${variable}=${value}`);
  }
});

test("headers come through whatever they hold", () => {
  const pairs = fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name.trim() !== ""),
    fc.string(),
  );
  fc.assert(
    fc.property(pairs, (headers) => {
      const text = Object.entries(headers)
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join(",");
      const { targets } = settingsOf({ [ENDPOINT]: "http://c", OTEL_EXPORTER_OTLP_HEADERS: text });
      assert.deepEqual({ ...targets.traces?.headers }, { ...headers });
    }),
  );
});
