import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { startOtlpReceiver } from "@paceline/test-kit";
import type { OtlpReceiver } from "@paceline/test-kit";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

import {
  during,
  inRound,
  inSpan,
  openTelemetry,
  readTelemetrySettings,
  traceHeaders,
} from "./index.ts";
import type { Telemetry, Tracing } from "./index.ts";

interface World {
  readonly receiver: OtlpReceiver;
  readonly telemetry: Telemetry;
  readonly tracing: Tracing;
  readonly registry: Registry;
  /** Changes of the export's state, as they were reported. */
  readonly changes: string[];
}

async function open(t: TestContext, env: Readonly<Record<string, string>> = {}): Promise<World> {
  const receiver = await startOtlpReceiver();
  const settings = readTelemetrySettings({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env });
  assert.ok(settings.ok);
  const registry = new Registry();
  const changes: string[] = [];
  const telemetry = await openTelemetry({
    registry,
    settings: settings.value,
    version: "9.9.9",
    startedAt: new Date("2026-11-01T00:00:00Z"),
    onExportChange: (signal, failure) =>
      changes.push(`${signal} ${failure === null ? "up" : "down"}`),
  });
  t.after(async () => {
    receiver.answerWith(200);
    await telemetry.close();
    await receiver.close();
  });
  const { tracing } = telemetry;
  assert.ok(tracing !== null);
  return { receiver, telemetry, tracing, registry, changes };
}

test("spans arrive with their parents, outcomes and links, and with the service's name", async (t) => {
  const { receiver, telemetry, tracing } = await open(t, {
    OTEL_SERVICE_NAME: "paceline-eu",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=growth",
  });
  const cause = tracing.begin("cause", {});
  cause.end();
  const root = tracing.begin("work", { "paceline.events": 3 }, [cause]);
  const failing = during(root, () =>
    inSpan("step", { "paceline.query_kind": "series" }, () =>
      Promise.reject(new TypeError("mara@acme.example cannot be read")),
    ),
  );
  await assert.rejects(failing, TypeError);
  await telemetry.flush();
  const work = receiver.spans.find(({ name }) => name === "work");
  const step = receiver.spans.find(({ name }) => name === "step");
  assert.equal(step?.parentSpanId, work?.spanId);
  assert.equal(step?.traceId, work?.traceId);
  assert.deepEqual(work?.linkedSpanIds, [cause.spanId]);
  assert.deepEqual(step?.attributes, {
    "paceline.query_kind": "series",
    "error.type": "TypeError",
  });
  assert.equal(step?.status, 2);
  assert.equal(step?.resource["service.name"], "paceline-eu");
  assert.equal(step?.resource["service.version"], "9.9.9");
  assert.ok(receiver.requests.every(({ headers }) => headers["x-tenant"] === "growth"));
  assert.ok(receiver.requests.every(({ body }) => !body.includes("mara@")));
});

test("a request goes on with its caller's trace and decision, and hands its own on", async (t) => {
  const { receiver, telemetry, tracing } = await open(t);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const kept = tracing.serve("GET /a", {}, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  const sent = await during(kept, async () => traceHeaders());
  assert.equal(sent["traceparent"], `00-${traceId}-${kept.spanId}-01`);
  const dropped = tracing.serve("GET /b", {}, { traceparent: `00-${traceId}-b7ad6b7169203332-00` });
  await during(dropped, () => inSpan("below", {}, async () => undefined));
  tracing.serve("GET /c", {}, { traceparent: "00-zero-zero-01" }).end();
  await telemetry.flush();
  assert.deepEqual(receiver.spans.map(({ name }) => name).toSorted(), ["GET /a", "GET /c"]);
  const [a, c] = receiver.spans.toSorted((one, other) => one.name.localeCompare(other.name));
  assert.equal(a?.parentSpanId, "b7ad6b7169203331");
  assert.equal(c?.parentSpanId, "");
  assert.deepEqual(traceHeaders(), {});
});

test("the share of sampled traces is the one that was asked for", async (t) => {
  const { tracing } = await open(t, {
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_TRACES_EXPORTER: "otlp",
  });
  const roots = Array.from({ length: 4_000 }, () => tracing.begin("root", {}));
  const share = roots.filter(({ isSampled }) => isSampled).length / roots.length;
  // Five standard errors of a share of 0.25 in 4,000.
  assert.ok(Math.abs(share - 0.25) < 0.035, String(share));
});

test("a round is a span only if it did something or failed", async (t) => {
  const { receiver, telemetry, tracing } = await open(t);
  await inRound(tracing, "idle", async () => undefined);
  await inRound(tracing, "busy", () => inSpan("step", {}, async () => undefined));
  await inRound(tracing, "broken", async (fail) => fail(new RangeError("x")));
  await telemetry.flush();
  const names = receiver.spans.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["broken", "busy", "step"]);
  const busy = receiver.spans.find(({ name }) => name === "busy");
  assert.equal(receiver.spans.find(({ name }) => name === "step")?.parentSpanId, busy?.spanId);
});

test("the figures of the registry leave under their own names and with their own values", async (t) => {
  const { receiver, telemetry, registry } = await open(t);
  const registers = [registry];
  new Counter({ name: "c_total", help: "C", labelNames: ["a"], registers }).inc({ a: "x" }, 7);
  new Gauge({ name: "g_bytes", help: "G", registers }).set(1.5);
  const histogram = new Histogram({ name: "h_seconds", help: "H", buckets: [1, 2], registers });
  for (const value of [0.5, 1.5, 1.5, 9]) histogram.observe(value);
  await telemetry.flush();
  const of = (metric: string) => receiver.points.filter((point) => point.metric === metric);
  assert.deepEqual(of("c_total"), [
    { metric: "c_total", kind: "sum", attributes: { a: "x" }, value: 7 },
  ]);
  assert.deepEqual(of("g_bytes"), [
    { metric: "g_bytes", kind: "gauge", attributes: {}, value: 1.5 },
  ]);
  assert.deepEqual(of("h_seconds"), [
    { metric: "h_seconds", kind: "histogram", attributes: {}, value: 4 },
  ]);
});

test("an endpoint that fails is reported once, and once more when it works again", async (t) => {
  const { receiver, telemetry, tracing, changes, registry } = await open(t, {
    OTEL_METRICS_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
  });
  for (const status of [400, 400, 200]) {
    receiver.answerWith(status);
    tracing.begin("work", {}).end();
    await telemetry.flush();
  }
  assert.deepEqual(changes, ["traces down", "traces up"]);
  const figures = await registry.metrics();
  assert.match(figures, /paceline_telemetry_items_total\{signal="traces",outcome="lost"\} 2/);
  assert.match(figures, /paceline_telemetry_items_total\{signal="traces",outcome="exported"\} 1/);
  assert.match(figures, /paceline_telemetry_up\{signal="traces"\} 1/);
});

test("with protocol http/json the same spans leave as JSON", async (t) => {
  const { receiver, telemetry, tracing } = await open(t, {
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_METRICS_EXPORTER: "none",
  });
  // Read from the raw body: what the receiver decodes is protobuf.
  receiver.answerWith(202);
  const span = tracing.begin("work", {});
  span.end();
  await telemetry.flush();
  const [request] = receiver.requests;
  const document = JSON.parse(request?.body.toString("utf8") ?? "");
  assert.equal(document.resourceSpans[0].scopeSpans[0].spans[0].spanId, span.spanId);
});
