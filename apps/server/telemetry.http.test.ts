import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { openTelemetry, readTelemetrySettings } from "@paceline/telemetry";
import type { Telemetry } from "@paceline/telemetry";
import { startOtlpReceiver } from "@paceline/test-kit";
import type { OtlpReceiver, ReceivedSpan } from "@paceline/test-kit";
import { Registry } from "prom-client";

import { createLogger } from "./logger.ts";
import { becomeOwner, makeKey, PASSWORD, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

let receiver: OtlpReceiver;
let telemetry: Telemetry;
let server: TestServer;
let owner: string;
let admin: string;
let evaluate: string;
let intake: string;

async function openTo(url: string, headers = ""): Promise<Telemetry> {
  const settings = readTelemetrySettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: headers,
  });
  assert.ok(settings.ok);
  return openTelemetry({
    registry: new Registry(),
    settings: settings.value,
    version: "0.0.0",
    startedAt: new Date(),
    onExportChange: () => undefined,
  });
}

interface Call {
  readonly method?: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly key?: string;
  readonly payload?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

async function call({ method = "POST", url, key, payload, headers }: Call) {
  return server.app.inject({
    method,
    url,
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
}

/** The spans of the work since the last call. */
async function newSpans(): Promise<readonly ReceivedSpan[]> {
  await telemetry.flush();
  return receiver.spans.splice(0);
}

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `${name} among ${spans.map((span) => span.name).join("; ")}`);
  return found[0] as ReceivedSpan;
}

async function publishFlag(): Promise<void> {
  const members = await call({ method: "GET", url: "/api/v1/members", key: admin });
  await call({
    url: "/api/v1/flags",
    key: admin,
    payload: {
      key: "checkout",
      type: "boolean",
      variants: { control: false, one_page: true },
      owner: members.json().items[0].id,
    },
  });
  const base = "/api/v1/flags/checkout/environments/production";
  const rule = {
    id: "split",
    serve: {
      split: [
        { variant: "control", share: 0.5 },
        { variant: "one_page", share: 0.5 },
      ],
    },
    exposureShare: 1,
    salt: "checkout",
    recordExposure: true,
  };
  await call({
    method: "PUT",
    url: base,
    key: admin,
    payload: { enabled: true, offVariant: "control", defaultVariant: "control", rules: [rule] },
  });
  const published = await call({ url: `${base}/publish`, key: admin, payload: {} });
  assert.ok(published.statusCode < 300, published.body);
}

before(async () => {
  receiver = await startOtlpReceiver();
  telemetry = await openTo(receiver.url);
  server = await startTestServer({ telemetry, logger: createLogger("info", telemetry.log) });
  owner = await becomeOwner(server);
  admin = (await makeKey(server, owner, "admin")).secret;
  evaluate = (await makeKey(server, owner, "evaluate")).secret;
  intake = (await makeKey(server, owner, "intake")).secret;
  await publishFlag();
  await newSpans();
});

after(async () => {
  await server.close();
  await telemetry.close();
  await receiver.close();
});

test("an evaluated flag is a span of its caller's trace, and its recorded exposure a part of it", async () => {
  const answer = await call({
    url: "/ofrep/v1/evaluate/flags/checkout",
    key: evaluate,
    payload: { context: { targetingKey: "mara@acme.example" } },
    headers: { traceparent: `00-${TRACE}-${CALLER}-01` },
  });
  assert.equal(answer.statusCode, 200);
  // Without an experiment the answer does not wait for the exposure.
  await server.parts.events.flush();
  const spans = await newSpans();
  const request = named(spans, "POST /ofrep/v1/evaluate/flags/:key");
  assert.equal(request.traceId, TRACE);
  assert.equal(request.parentSpanId, CALLER);
  assert.equal(request.kind, 2);
  assert.equal(request.attributes["feature_flag.key"], "checkout");
  assert.equal(request.attributes["feature_flag.result.reason"], "split");
  assert.equal(request.attributes["feature_flag.result.variant"], answer.json().variant);
  assert.equal(answer.headers["traceresponse"], `00-${TRACE}-${request.spanId}-01`);
  const append = named(spans, "event append");
  assert.equal(append.parentSpanId, request.spanId);
  assert.equal(append.traceId, TRACE);
});

test("an intake batch is a span with its append, and the load that follows links to it", async () => {
  const answer = await call({
    url: "/v1/batch",
    key: intake,
    payload: {
      batch: [
        { type: "track", userId: "u1", event: "Paid", messageId: "t1" },
        { type: "track", userId: "u2", event: "Paid", messageId: "t2" },
      ],
    },
  });
  assert.equal(answer.statusCode, 200, answer.body);
  await server.parts.events.flush();
  const spans = await newSpans();
  const request = named(spans, "POST /v1/batch");
  assert.equal(request.parentSpanId, "");
  const append = spans.find(({ parentSpanId }) => parentSpanId === request.spanId);
  assert.equal(append?.name, "event append");
  assert.equal(append?.attributes["paceline.events"], 2);
  const load = named(spans, "event load");
  assert.equal(load.parentSpanId, "");
  assert.notEqual(load.traceId, request.traceId);
  assert.ok(load.linkedSpanIds.includes(append?.spanId ?? ""));
});

test("a command is named after what it did, and a refusal says why", async () => {
  const payload = { name: "Acme", key: "drill", kind: "live" };
  const first = await call({
    url: "/api/v1/environments",
    key: admin,
    payload: { ...payload, key: "eu" },
  });
  const again = await call({
    url: "/api/v1/environments",
    key: admin,
    payload: { ...payload, key: "eu" },
  });
  assert.deepEqual([first.statusCode < 300, again.statusCode >= 400], [true, true], first.body);
  const spans = await newSpans();
  const [done, refused] = spans.filter(({ name }) => name === "POST /api/v1/environments");
  const command = spans.find(({ name }) => name.startsWith("command environment."));
  assert.equal(command?.parentSpanId, done?.spanId);
  const refusal = spans.find((span) => "paceline.refusal" in span.attributes);
  assert.equal(refusal?.name, "transaction");
  assert.equal(refusal?.parentSpanId, refused?.spanId);
  assert.equal(refused?.attributes["http.response.status_code"], again.statusCode);
});

test("a query is a span with its kind and without its values", async () => {
  const answer = await call({
    method: "GET",
    url: "/api/v1/events?environment=production&unit=mara%40acme.example",
    key: admin,
  });
  assert.equal(answer.statusCode, 200, answer.body);
  const spans = await newSpans();
  const query = named(spans, "event query");
  assert.deepEqual(query.attributes, { "paceline.query_kind": "recent" });
  assert.equal(query.parentSpanId, named(spans, "GET /api/v1/events").spanId);
});

test("probes and readings of the figures are no spans", async () => {
  for (const url of ["/healthz", "/readyz", "/health/live", "/health/ready", "/metrics"]) {
    assert.equal((await call({ method: "GET", url })).statusCode, 200, url);
  }
  assert.deepEqual(
    (await newSpans()).map(({ name }) => name).filter((name) => name.startsWith("GET")),
    [],
  );
});

test("no address, query string, body, key, password, cookie or error text is exported", async () => {
  const mark = "ZZ-hidden-ZZ";
  receiver.requests.splice(0);
  await call({
    url: `/v1/track?email=${mark}`,
    key: intake,
    payload: { event: mark, userId: mark },
  });
  await call({
    url: `/ofrep/v1/evaluate/flags/${mark}`,
    key: evaluate,
    payload: { context: { targetingKey: mark } },
  });
  await call({
    method: "GET",
    url: `/api/v1/members/${mark}?q=${mark}`,
    headers: { cookie: `paceline_session=${mark}` },
  });
  await call({ url: `/nowhere/${mark}`, headers: { "user-agent": mark, "x-api-key": mark } });
  await call({
    url: "/api/v1/session",
    payload: { email: `${mark}@acme.example`, password: mark },
  });
  await call({ url: "/v1/batch", key: mark, payload: { batch: [] } });
  server.parts.logger.error(
    {
      err: Object.assign(new Error(`key (email)=("${mark}") exists`), {
        severity: "ERROR",
        code: "23505",
        detail: mark,
      }),
      password: mark,
      member: { email: mark },
    },
    "a fault",
  );
  await telemetry.flush();
  assert.ok(receiver.spans.length >= 6);
  assert.ok(receiver.logs.some(({ body }) => body === "a fault"));
  const bytes = Buffer.concat(receiver.requests.map(({ body }) => body)).toString("latin1");
  for (const secret of [mark, intake, evaluate, admin, PASSWORD, "mara@", "127.0.0.1"]) {
    assert.ok(!bytes.includes(secret), secret);
  }
});

test("while the log takes no writes a node is not ready, and what it logs carries the trace", async () => {
  const log = join(server.dataDir, "events/log");
  await server.parts.events.flush();
  await rename(log, `${log}-away`);
  receiver.logs.splice(0);
  server.parts.logger.warn("outside of any request");
  const payload = { event: "Paid", userId: "u9", messageId: "t9" };
  const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
  const refused = await call({ url: "/v1/track", key: intake, payload, headers });
  assert.equal(refused.statusCode, 503, refused.body);
  const ready = await call({ method: "GET", url: "/health/ready" });
  assert.equal(ready.statusCode, 503);
  assert.deepEqual(ready.json().failing, ["events"]);
  assert.equal((await call({ method: "GET", url: "/health/live" })).statusCode, 200);
  await rename(`${log}-away`, log);
  assert.equal((await call({ method: "GET", url: "/health/ready" })).statusCode, 200);
  assert.equal((await call({ url: "/v1/track", key: intake, payload })).statusCode, 200);
  const spans = await newSpans();
  const outside = receiver.logs.find(({ body }) => body === "outside of any request");
  assert.deepEqual([outside?.traceId, outside?.severity], ["", "WARN"]);
  const inside = receiver.logs.find(({ traceId }) => traceId === TRACE);
  const request = spans.find(({ traceId, kind }) => traceId === TRACE && kind === 2);
  assert.equal(inside?.severity, "ERROR");
  assert.equal(inside?.spanId, request?.spanId);
  assert.equal(request?.attributes["error.type"], "503");
  assert.equal(request?.status, 2);
});
