import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import { apiCaller } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";
import { PostHog } from "posthog-node";

import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

let server: TestServer;
let cookie: string;
let otlpPort: number;
let writeKey: string;
let readingKey: string;

before(async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  otlpPort = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, "close");
  server = await startTestServer({ config: { otlpPort, trustProxy: "127.0.0.1" } });
  cookie = await becomeOwner(server);
  writeKey = (await makeKey(server, cookie, "intake")).secret;
  const both = await call("POST", "/api/v1/keys", {
    name: "PostHog",
    scopes: ["intake", "evaluate"],
    environment: "production",
  });
  readingKey = String(both["secret"]);
});
after(() => server.close());

function call(method: Method, url: string, payload?: object): Promise<Json> {
  return apiCaller(server.app, { cookie }).call(method, url, payload);
}

test("analytics.js finds its settings here, and is sent back to the host that it asked", async () => {
  for (const slash of ["", "/"]) {
    const answer = await server.app.inject({
      url: `/v1/projects/${writeKey}/settings${slash}`,
      headers: { host: "events.acme.example", "x-forwarded-proto": "https" },
    });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers["access-control-allow-origin"], "*");
    assert.match(String(answer.headers["cache-control"]), /max-age=\d+/);
    const { apiKey, apiHost, protocol } = answer.json().integrations["Segment.io"];
    assert.deepEqual([apiKey, apiHost, protocol], [writeKey, "events.acme.example/v1", "https"]);
  }
  const plain = await server.app.inject({ url: `/v1/projects/${writeKey}/settings` });
  assert.equal(plain.json().integrations["Segment.io"].protocol, "http");
});

test("there are no settings for a key that may not write", async () => {
  const evaluate = await makeKey(server, cookie, "evaluate");
  for (const key of ["unknown", evaluate.secret]) {
    const answer = await server.app.inject({ url: `/v1/projects/${key}/settings` });
    assert.equal(answer.statusCode, 404);
  }
});

test("OTLP is answered on its own port too, and nothing else is", async () => {
  assert.equal(server.otlpPort, otlpPort);
  const url = `http://127.0.0.1:${otlpPort}`;
  const headers = { authorization: `Bearer ${writeKey}`, "content-type": "application/json" };
  for (const path of ["/v1/logs", "/v1/traces/", "/v1/metrics"]) {
    const answer = await fetch(url + path, { method: "POST", body: "{}", headers });
    assert.deepEqual([answer.status, await answer.text()], [200, "{}"]);
  }
  for (const path of ["/v1/batch", "/api/v1/events", "/", "/v1/logs/more"]) {
    const answer = await fetch(url + path, { method: "POST", body: "{}", headers });
    assert.equal(answer.status, 404);
  }
});

test("an intake address asked by another method answers 405, and never with the page", async () => {
  for (const url of ["/v1/batch", "/v1/logs/", "/batch/", "/capture", "/e/?data=e30", "/i/v0/e/"]) {
    for (const method of ["GET", "PUT"] as const) {
      const { statusCode, headers } = await server.app.inject({ method, url });
      assert.deepEqual([statusCode, headers["allow"]], [405, "OPTIONS, POST"], `${method} ${url}`);
    }
  }
});

test("a write key reads nothing", async () => {
  for (const url of ["/api/v1/events?environment=production", "/api/v1/keys", "/api/v1/flags"]) {
    const headers = { authorization: `Bearer ${writeKey}` };
    const { statusCode } = await server.app.inject({ url, headers });
    assert.equal(statusCode, 403, url);
  }
});

/** @returns the workspace */
async function publishFlag(): Promise<string> {
  await call("POST", "/api/v1/flags", {
    key: "one-page",
    type: "boolean",
    variants: { control: false, treatment: true },
  });
  await call("PUT", "/api/v1/flags/one-page/environments/production", {
    enabled: true,
    offVariant: "control",
    defaultVariant: "control",
    rules: [
      {
        id: "all",
        serve: { variant: "treatment" },
        exposureShare: 1,
        salt: "s",
        recordExposure: true,
      },
    ],
  });
  await call("POST", "/api/v1/flags/one-page/environments/production/publish", {});
  const rows = await server.parts.store.db.selectFrom("workspaces").select("id").execute();
  const workspace = String(rows[0]?.id);
  await server.parts.flagSets.refresh(workspace, "production");
  return workspace;
}

test("PostHog's client reads our flags, and its read and our own evaluation are one exposure", async () => {
  const workspace = await publishFlag();
  const client = new PostHog(readingKey, { host: server.url, flushAt: 1 });
  assert.equal(await client.getFeatureFlag("one-page", "ada"), true);
  await client.shutdown();
  const evaluated = await server.app.inject({
    method: "POST",
    url: "/ofrep/v1/evaluate/flags/one-page",
    headers: { authorization: `Bearer ${readingKey}` },
    payload: { context: { targetingKey: "ada" } },
  });
  assert.equal(evaluated.json().variant, "treatment");
  // Segment's clients name a flag where its specification has a place for an experiment.
  for (const experiment of [{ experiment_id: "one-page" }, { experiment_name: "one-page" }]) {
    const viewed = await server.app.inject({
      method: "POST",
      url: "/v1/track",
      headers: { authorization: `Bearer ${writeKey}` },
      payload: {
        event: "Experiment Viewed",
        userId: "ada",
        properties: { ...experiment, variation_id: "treatment" },
      },
    });
    assert.equal(viewed.json().duplicates, 1);
  }
  await server.parts.events.flush();
  const { rows } = await server.parts.events.run({
    kind: "recent",
    workspace,
    environment: "production",
    type: "exposure",
    limit: 10,
  });
  assert.deepEqual(
    rows.map(({ flagKey, variant, unit }) => [flagKey, variant, unit]),
    [["one-page", "treatment", "ada"]],
  );
  assert.equal(JSON.parse(rows[0]?.context ?? "{}").reportedBy.dialect, "posthog");
});

test("a key that may only write is told no flags, and the client works on", async () => {
  const client = new PostHog(writeKey, { host: server.url, flushAt: 1 });
  assert.equal(await client.getFeatureFlag("one-page", "ada"), undefined);
  await client.shutdown();
});
