import assert from "node:assert/strict";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { openTelemetry, readTelemetrySettings } from "@paceline/telemetry";
import { Registry } from "prom-client";

import { createLogger } from "./logger.ts";
import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";

/** Hands what it gets on to a server that is known later, with a key that is made later. */
async function startRelay(t: TestContext) {
  const to = { url: "", key: "" };
  const paths: string[] = [];
  const relay = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { traceparent, tracestate, "content-type": type } = request.headers;
      paths.push(request.url ?? "");
      const answer = await fetch(to.url + request.url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${to.key}`,
          "content-type": String(type),
          traceparent: String(traceparent),
          tracestate: String(tracestate),
        },
        body: Buffer.concat(chunks),
      });
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  t.after(() => relay.close());
  const address = relay.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { to, paths, url: `http://127.0.0.1:${port}` };
}

test("a server that exports to itself takes its telemetry in, and falls silent when its work ends", async (t) => {
  const relay = await startRelay(t);
  const settings = readTelemetrySettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: relay.url,
    // What cannot be sent is given up soon.
    OTEL_EXPORTER_OTLP_TIMEOUT: "400",
    OTEL_METRICS_EXPORTER: "none",
  });
  assert.ok(settings.ok);
  const telemetry = await openTelemetry({
    registry: new Registry(),
    settings: settings.value,
    version: "0.0.0",
    startedAt: new Date(),
    onExportChange: () => undefined,
  });
  const server = await startTestServer({
    telemetry,
    logger: createLogger("error", telemetry.log),
    config: { sample: false },
  });
  t.after(async () => {
    await server.close();
    await telemetry.close();
  });
  const { events } = server.parts;
  const owner = await becomeOwner(server);
  relay.to.url = server.url;
  relay.to.key = (await makeKey(server, owner, "intake")).secret;
  const work = async (): Promise<void> => {
    const answer = await server.app.inject({
      method: "POST",
      url: "/v1/track",
      headers: { authorization: `Bearer ${relay.to.key}` },
      payload: { event: "Paid", userId: "u1" },
    });
    assert.equal(answer.statusCode, 200, answer.body);
    await events.flush();
  };
  const requestsAfter = async (rounds: number): Promise<number> => {
    relay.paths.splice(0);
    for (let round = 0; round < rounds; round += 1) {
      await telemetry.flush();
      await events.flush().catch(() => undefined);
    }
    return relay.paths.length;
  };

  await work();
  assert.ok((await requestsAfter(2)) > 0);
  assert.equal(await requestsAfter(5), 0);
  const stored = await server.app.inject({
    url: "/api/v1/events?environment=production&type=span",
    headers: { cookie: owner },
  });
  const names: string[] = stored.json().items.map(({ event }: { event: string }) => event);
  assert.ok(names.includes("POST /v1/track") && names.includes("event load"), names.join("; "));

  // The lines about an export that cannot be taken must not be the next export.
  const log = join(server.dataDir, "events/log");
  await rename(log, `${log}-away`);
  t.after(() => rename(`${log}-away`, log).catch(() => undefined));
  server.parts.logger.error("something else is wrong");
  assert.ok((await requestsAfter(1)) > 0);
  assert.equal(await requestsAfter(5), 0);
  await rename(`${log}-away`, log);
});
