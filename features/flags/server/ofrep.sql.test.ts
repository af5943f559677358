import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { OpenFeature as WebOpenFeature } from "@openfeature/web-sdk";
import type { Provider } from "@openfeature/web-sdk";
import { problem } from "@paceline/http";
import formats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";

import type { Answer, TestServer } from "./test-server.ts";
import { publishTestFlag, startTestServer } from "./test-server.ts";

const EXPERIMENT = "0193a000-0000-7000-8000-0000000000e1";

const server = await startTestServer();
const baseUrl = await server.app.listen({ port: 0, host: "127.0.0.1" });
after(async () => {
  await OpenFeature.close();
  await WebOpenFeature.close();
  await server.close();
});

const boolean = { type: "boolean", variants: { on: true, off: false } };
const texts = { type: "string", variants: { control: "old", treatment: "new" } };
const split = [
  { variant: "treatment", share: 0.5 },
  { variant: "control", share: 0.5 },
];

await publishTestFlag(server, "static", boolean, { defaultVariant: "on" });
await publishTestFlag(server, "killed", boolean, { enabled: false });
await publishTestFlag(server, "open", boolean, {});
await publishTestFlag(
  server,
  "number",
  { type: "number", variants: { ten: 10, tenth: 0.1 } },
  { defaultVariant: "tenth" },
);
await publishTestFlag(
  server,
  "object",
  { type: "object", variants: { a: { title: "x", size: 2 }, b: {} } },
  { defaultVariant: "a" },
);
await publishTestFlag(server, "targeted", boolean, {
  defaultVariant: "off",
  rules: [
    {
      id: "pro",
      when: { attribute: "plan", operator: "equals", value: "pro" },
      serve: { variant: "on" },
    },
  ],
});
await publishTestFlag(server, "experiment", texts, {
  defaultVariant: "control",
  rules: [
    {
      id: "x",
      serve: { split },
      experimentId: EXPERIMENT,
      overrides: [
        {
          when: { attribute: "recorded", operator: "equals", value: "treatment" },
          variant: "treatment",
        },
      ],
    },
  ],
});
await publishTestFlag(server, "counted", texts, {
  rules: [{ id: "c", serve: { split }, recordExposure: true }],
});

const single = (key: string, context: unknown, who = "production"): Promise<Answer> =>
  server.call("POST", `/ofrep/v1/evaluate/flags/${key}`, { context }, who);
const bulk = (context: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call("POST", "/ofrep/v1/evaluate/flags", { context }, "production", headers);

/** The published document rejects correct answers: read `oneOf` as `anyOf` and add `DEFAULT`. */
function relaxed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relaxed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === "oneOf") return ["anyOf", relaxed(member)];
      if (name === "enum" && member.includes("TARGETING_MATCH"))
        return [name, [...member, "DEFAULT"]];
      return [name, relaxed(member)];
    }),
  );
}

function validatorOf(): ((path: string, status: number, body: unknown) => void) | null {
  const file = join(import.meta.dirname, "../../../../shared/conformance/ofrep/openapi.yaml");
  if (!existsSync(file)) return null;
  const document = relaxed(parse(readFileSync(file, "utf8"))) as Record<string, unknown>;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  formats.default(ajv);
  ajv.addSchema(document, "ofrep");
  return (path, status, body) => {
    const pointer = `#/paths/${path.replaceAll("/", "~1")}/post/responses/${status}/content/application~1json/schema`;
    const validate = ajv.getSchema(`ofrep${encodeURI(pointer)}`);
    assert.ok(validate, `${path} ${status} is not described`);
    assert.ok(validate(body), JSON.stringify([body, validate.errors]));
  };
}

test("every answer validates against the OFREP document", async (t) => {
  const validate = validatorOf();
  if (validate === null) {
    t.skip("../shared/conformance/ofrep is not there");
    return;
  }
  const path = "/ofrep/v1/evaluate/flags/{key}";
  const contexts = [
    { targetingKey: "u", plan: "pro" },
    { targetingKey: "v" },
    {},
    7,
    { targetingKey: 1 },
  ];
  const keys = ["static", "killed", "open", "number", "object", "targeted", "experiment", "none"];
  const seen = new Set<number>();
  for (const key of keys) {
    for (const context of contexts) {
      const answer = await single(key, context);
      seen.add(answer.statusCode);
      validate(path, answer.statusCode, answer.json());
    }
  }
  assert.deepEqual(seen, new Set([200, 400, 404]));
  for (const context of contexts) {
    const answer = await bulk(context);
    validate("/ofrep/v1/evaluate/flags", answer.statusCode, answer.json());
  }
});

test("each outcome has its status, reason and code", async () => {
  const context = { targetingKey: "u", plan: "pro" };
  const fields = async (key: string, of: unknown = context) => {
    const answer = await single(key, of);
    const { value, variant, reason, errorCode } = answer.json();
    return [answer.statusCode, value, variant, reason ?? errorCode];
  };
  assert.deepEqual(await fields("static"), [200, true, "on", "STATIC"]);
  assert.deepEqual(await fields("targeted"), [200, true, "on", "TARGETING_MATCH"]);
  assert.deepEqual(await fields("targeted", { targetingKey: "u" }), [200, false, "off", "DEFAULT"]);
  assert.deepEqual(await fields("killed"), [200, undefined, undefined, "DISABLED"]);
  assert.deepEqual(await fields("open"), [200, undefined, undefined, "DEFAULT"]);
  assert.equal((await fields("experiment"))[3], "SPLIT");
  assert.deepEqual(await fields("none"), [404, undefined, undefined, "FLAG_NOT_FOUND"]);
  assert.deepEqual(await fields("experiment", {}), [
    400,
    undefined,
    undefined,
    "TARGETING_KEY_MISSING",
  ]);
  assert.deepEqual(await fields("static", [1]), [400, undefined, undefined, "INVALID_CONTEXT"]);
  assert.deepEqual(await fields("static", { targetingKey: 5 }), [
    400,
    undefined,
    undefined,
    "INVALID_CONTEXT",
  ]);
});

test("a body that is no JSON is a parse error in OFREP's own form", async () => {
  for (const [payload, type] of [
    ["{", "application/json"],
    ["", "application/json"],
    ["x", "text/plain"],
  ] as const) {
    const answer = await server.app.inject({
      method: "POST",
      url: "/ofrep/v1/evaluate/flags/static",
      headers: { "x-api-key": "production", "content-type": type },
      payload,
    });
    assert.equal(answer.statusCode, 400, payload);
    assert.equal(answer.json().errorCode, "PARSE_ERROR");
    assert.equal(answer.json().key, "static");
  }
});

test("keys: header or bearer, of the right scope, bound to an environment", async () => {
  const context = { targetingKey: "u" };
  assert.equal((await single("static", context, "nobody")).statusCode, 401);
  assert.equal((await single("static", context, "intake")).statusCode, 403);
  assert.equal((await single("static", context, "viewer")).statusCode, 403);
  assert.equal((await single("static", context, "admin")).statusCode, 403);
  assert.equal((await single("static", context, "staging")).statusCode, 404);
  const bearer = await server.app.inject({
    method: "POST",
    url: "/ofrep/v1/evaluate/flags/static",
    headers: { authorization: "Bearer production" },
    payload: { context },
  });
  assert.equal(bearer.statusCode, 200);
});

test("a browser of another origin may call and may read the tag", async () => {
  const preflight = await server.app.inject({
    method: "OPTIONS",
    url: "/ofrep/v1/evaluate/flags",
    headers: { origin: "https://shop.example", "access-control-request-method": "POST" },
  });
  assert.equal(preflight.statusCode, 204);
  assert.equal(preflight.headers["access-control-allow-origin"], "*");
  assert.match(String(preflight.headers["access-control-allow-headers"]), /X-API-Key/);
  const stream = await server.app.inject({
    method: "OPTIONS",
    url: "/ofrep/v1/stream?ticket=x",
    headers: { origin: "https://shop.example", "access-control-request-method": "GET" },
  });
  assert.equal(stream.statusCode, 204);
  assert.match(String(stream.headers["access-control-allow-headers"]), /Last-Event-ID/);
  const refused = await server.app.inject({ url: "/ofrep/v1/stream?ticket=x" });
  assert.equal(refused.statusCode, 401);
  assert.equal(refused.headers["access-control-allow-origin"], "*");
  for (const answer of [
    await bulk({}),
    await single("none", {}),
    await single("static", {}, "nobody"),
  ]) {
    assert.equal(answer.headers["access-control-allow-origin"], "*");
    assert.match(String(answer.headers["access-control-expose-headers"]), /ETag/);
  }
});

test("the bulk tag answers 304 until the answer differs, by context or by publication", async () => {
  const context = { targetingKey: "u", plan: "pro" };
  const first = await bulk(context);
  assert.equal(first.statusCode, 200);
  const tag = { "if-none-match": String(first.headers.etag) };
  const fresh = await bulk(context, tag);
  assert.equal(fresh.statusCode, 304);
  assert.equal(fresh.body, "");
  assert.equal((await bulk({ targetingKey: "u" }, tag)).statusCode, 200);
  await publishTestFlag(server, "later", boolean, { defaultVariant: "on" });
  assert.equal((await bulk(context, tag)).statusCode, 200);
});

test("a flag that cannot be evaluated does not fail the bulk, and a bulk exposes nobody", async () => {
  server.exposures.length = 0;
  const { flags } = (await bulk({})).json();
  const byKey = new Map(flags.map((flag: { key: string }) => [flag.key, flag]));
  assert.equal(
    (byKey.get("experiment") as { errorCode: string }).errorCode,
    "TARGETING_KEY_MISSING",
  );
  assert.equal((byKey.get("static") as { value: boolean }).value, true);
  await bulk({ targetingKey: "u" });
  assert.deepEqual(server.exposures, []);
});

test("an exposure says which unit saw what by which revision, on the environment's clock", async () => {
  server.exposures.length = 0;
  server.clock.set(new Date("2026-05-01T08:00:00.000Z"));
  const answer = await single("experiment", { targetingKey: "müller", recorded: "treatment" });
  assert.equal(answer.json().variant, "treatment");
  await single("static", { targetingKey: "müller" });
  const [exposure, ...others] = server.exposures;
  assert.deepEqual(others, []);
  assert.equal(exposure?.revision, answer.json().metadata.revision);
  assert.deepEqual(
    { ...exposure, workspaceId: "", revision: 0 },
    {
      workspaceId: "",
      environment: "production",
      flagKey: "experiment",
      revision: 0,
      variant: "treatment",
      unit: "müller",
      ruleId: "x",
      experimentId: EXPERIMENT,
      at: new Date("2026-05-01T08:00:00.000Z"),
    },
  );
});

async function withServer(
  overrides: Parameters<typeof startTestServer>[0],
  use: (other: TestServer) => Promise<void>,
): Promise<void> {
  const other = await startTestServer(overrides);
  try {
    const rules = (experimentId: string | null) => ({
      rules: [{ id: "x", serve: { split }, recordExposure: true, experimentId }],
    });
    await publishTestFlag(other, "experiment", texts, rules(EXPERIMENT));
    await publishTestFlag(other, "counted", texts, rules(null));
    await use(other);
  } finally {
    await other.close();
  }
}

test("an experiment's answer waits for its exposure, and is withheld when that fails", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const order: string[] = [];
  const recordExposure = async () => {
    await promise;
    order.push("recorded");
  };
  await withServer({ recordExposure }, async (other) => {
    const context = { targetingKey: "u" };
    const url = "/ofrep/v1/evaluate/flags/experiment";
    const answered = other.call("POST", url, { context }, "production").then((answer) => {
      order.push("answered");
      return answer;
    });
    // The other flag carries no experiment: it is answered while the recording still waits.
    const counted = await other.call(
      "POST",
      "/ofrep/v1/evaluate/flags/counted",
      { context },
      "production",
    );
    assert.equal(counted.statusCode, 200);
    assert.deepEqual(order, []);
    resolve();
    assert.equal((await answered).statusCode, 200);
    assert.deepEqual(order.at(-1), "answered");
  });
  const broken = { recordExposure: async () => Promise.reject(new Error("the disk is full")) };
  await withServer(broken, async (other) => {
    const payload = { context: { targetingKey: "u" } };
    const url = "/ofrep/v1/evaluate/flags";
    const answer = await other.call("POST", `${url}/experiment`, payload, "production");
    assert.equal(answer.statusCode, 500);
    assert.equal(answer.json().value, undefined);
    assert.equal(
      (await other.call("POST", `${url}/counted`, payload, "production")).statusCode,
      200,
    );
    assert.equal(other.errors.length, 2);
  });
  const busy = problem({
    name: "too-many-events",
    title: "Too many events wait",
    status: 429,
    detail: "Repeat the evaluation in a moment.",
    headers: { "retry-after": "1" },
  });
  await withServer({ recordExposure: async () => Promise.reject(busy) }, async (other) => {
    const payload = { context: { targetingKey: "u" } };
    const url = "/ofrep/v1/evaluate/flags/experiment";
    const answer = await other.call("POST", url, payload, "production");
    assert.equal(answer.statusCode, 429);
    assert.equal(answer.headers["retry-after"], "1");
  });
});

test("a key that evaluates too often is told when to come back", async () => {
  let atMs = 5_000;
  const limits = { maxEvaluationsPerSecond: 2, monotonicMs: () => atMs };
  await withServer(limits, async (other) => {
    const call = (who: string) =>
      other.call("POST", "/ofrep/v1/evaluate/flags/none", { context: {} }, who);
    assert.equal((await call("production")).statusCode, 404);
    assert.equal((await call("production")).statusCode, 404);
    const refused = await call("production");
    assert.equal(refused.statusCode, 429);
    assert.equal(refused.headers["retry-after"], "1");
    assert.equal((await call("staging")).statusCode, 404);
    atMs += 1_000;
    assert.equal((await call("production")).statusCode, 404);
  });
});

test("OpenFeature's OFREP server provider gets values, variants and codes", async () => {
  const provider = new OFREPProvider({ baseUrl, headers: [["X-API-Key", "production"]] });
  await OpenFeature.setProviderAndWait("server", provider);
  const client = OpenFeature.getClient("server");
  const context = { targetingKey: "u", plan: "pro" };
  const targeted = await client.getBooleanDetails("targeted", false, context);
  assert.deepEqual(
    [targeted.value, targeted.variant, targeted.reason],
    [true, "on", "TARGETING_MATCH"],
  );
  assert.equal(typeof targeted.flagMetadata["revision"], "number");
  assert.equal(await client.getNumberValue("number", 1, context), 0.1);
  assert.deepEqual(await client.getObjectValue("object", {}, context), { title: "x", size: 2 });
  assert.equal((await client.getBooleanDetails("none", true, context)).errorCode, "FLAG_NOT_FOUND");
  assert.equal(
    (await client.getStringDetails("experiment", "code", {})).errorCode,
    "TARGETING_KEY_MISSING",
  );
  assert.equal(await client.getBooleanValue("killed", true, context), true);
  server.exposures.length = 0;
  const served = await client.getStringDetails("experiment", "code", context);
  assert.equal(served.reason, "SPLIT");
  assert.equal(server.exposures[0]?.variant, served.variant);
});

test("OpenFeature's OFREP web provider loads all flags and keeps them through a 304", async () => {
  const provider = new OFREPWebProvider({
    baseUrl,
    cacheMode: "disabled",
    headers: [["Authorization", "Bearer production"]],
  });
  await WebOpenFeature.setContext("web", { targetingKey: "u", plan: "pro" });
  await WebOpenFeature.setProviderAndWait("web", provider as Provider);
  const client = WebOpenFeature.getClient("web");
  assert.equal(client.getBooleanValue("targeted", false), true);
  assert.equal(client.getBooleanDetails("open", true).reason, "DEFAULT");
  assert.equal(client.getBooleanValue("open", true), true);
  assert.equal(client.getBooleanDetails("killed", true).value, true);
  await WebOpenFeature.setContext("web", { targetingKey: "u", plan: "pro" });
  assert.equal(client.getBooleanValue("targeted", false), true);
  await WebOpenFeature.setContext("web", { targetingKey: "u", plan: "free" });
  assert.equal(client.getBooleanValue("targeted", true), false);
});
