import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { during, openTelemetry, readTelemetrySettings } from "@paceline/telemetry";
import { Registry } from "prom-client";

import { ClickHouseConnection } from "./connection.ts";

test("a statement carries the trace of the work that it is for, and none without one", async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const { traceparent } = request.headers;
    seen.push(typeof traceparent === "string" ? traceparent : undefined);
    request.resume().on("end", () => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const settings = readTelemetrySettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/spans` });
  assert.ok(settings.ok);
  const telemetry = await openTelemetry({
    registry: new Registry(),
    settings: settings.value,
    version: "0.0.0",
    startedAt: new Date(),
    onExportChange: () => undefined,
  });
  const place = { url, user: "default", password: "", database: "default", cluster: null };
  const connection = new ClickHouseConnection(place);
  t.after(async () => {
    await connection.close();
    await telemetry.close();
    server.close();
  });
  const statement = { text: "select 1", parameters: [] };
  const span = telemetry.tracing?.begin("event load", {});
  assert.ok(span !== undefined);
  await during(span, () => connection.rows(statement));
  await connection.rows(statement);
  assert.deepEqual(seen, [`00-${span.traceId}-${span.spanId}-01`, undefined]);
});
