import assert from "node:assert/strict";
import { test } from "node:test";

import type { Actor } from "@paceline/command";
import { openDatabase } from "@paceline/db";
import { Type } from "typebox";

import { commandContext, createApp, etag, ifMatch, problem } from "./index.ts";
import type { App } from "./index.ts";

const WORKSPACE = "0193a000-0000-7000-8000-000000000001";
const VIEWER: Actor = { kind: "person", id: "p1", name: "Vera", role: "viewer" };
const INTAKE: Actor = {
  kind: "key",
  id: "k1",
  name: "site",
  scopes: ["intake"],
  environment: null,
};

async function appWith(register: (app: App) => void): Promise<App> {
  const db = openDatabase("postgres://unused.invalid/none", () => {});
  const { app } = await createApp({
    db,
    clock: { now: () => new Date("2026-11-24T00:00:00Z") },
    authenticate: async (request) => {
      const who = request.headers["x-test-actor"];
      if (who === undefined) return null;
      const actor = who === "intake" ? INTAKE : VIEWER;
      return { actor, workspaceId: WORKSPACE, environment: null, via: "key" };
    },
  });
  register(app);
  return app;
}

test("a route that names no permission does not register", async () => {
  await assert.rejects(
    appWith((app) => {
      app.get("/open", async () => "x");
    }),
    /GET \/open names no permission/,
  );
});

test("a caller without identity gets 401, a viewer without the permission 403 with its name", async () => {
  const app = await appWith((it) => {
    it.post("/flags", { config: { permission: "flag.edit" } }, async () => ({}));
  });
  const nobody = await app.inject({ method: "POST", url: "/flags" });
  assert.equal(nobody.statusCode, 401);
  assert.equal(nobody.headers["content-type"], "application/problem+json; charset=utf-8");
  const viewer = await app.inject({
    method: "POST",
    url: "/flags",
    headers: { "x-test-actor": "viewer" },
  });
  assert.equal(viewer.statusCode, 403);
  assert.equal(viewer.json().permission, "flag.edit");
});

test("an intake key passes its own scope and nothing else", async () => {
  const app = await appWith((it) => {
    it.get("/in", { config: { permission: { scope: "intake" } } }, async () => ({}));
    it.get("/eval", { config: { permission: { scope: "evaluate" } } }, async () => ({}));
    it.get("/who", { config: { permission: "workspace.read" } }, async () => ({}));
  });
  const headers = { "x-test-actor": "intake" };
  assert.equal((await app.inject({ url: "/in", headers })).statusCode, 200);
  assert.equal((await app.inject({ url: "/eval", headers })).statusCode, 403);
  assert.equal((await app.inject({ url: "/who", headers })).statusCode, 403);
});

test("a body that breaks the schema is answered with every field, rule and nothing coerced", async () => {
  const app = await appWith((it) => {
    it.post(
      "/things",
      {
        config: { permission: "public" },
        schema: {
          body: Type.Object(
            { name: Type.String(), count: Type.Integer({ minimum: 1 }) },
            { additionalProperties: false },
          ),
        },
      },
      async (request) => request.body,
    );
  });
  const answer = await app.inject({
    method: "POST",
    url: "/things",
    payload: { count: "2", extra: 1 },
  });
  assert.equal(answer.statusCode, 400);
  const pointers = answer
    .json()
    .errors.map((fault: { pointer: string }) => fault.pointer)
    .toSorted();
  assert.deepEqual(pointers, ["/count", "/extra", "/name"]);
});

test("faults are those of the form that was meant, and an unknown form is told the known ones", async () => {
  const form = (kind: string, size: string) =>
    Type.Object(
      { kind: Type.Literal(kind), [size]: Type.Number() },
      { additionalProperties: false },
    );
  const body = Type.Object({
    shape: Type.Union([form("circle", "radius"), form("square", "side")]),
    unit: Type.Union([Type.Literal("cm"), Type.Literal("inch")]),
  });
  const app = await appWith((it) => {
    it.post("/shapes", { config: { permission: "public" }, schema: { body } }, async () => ({}));
  });
  const faultsOf = async (payload: object): Promise<unknown> => {
    const answer = await app.inject({ method: "POST", url: "/shapes", payload });
    return answer.json().errors;
  };
  assert.deepEqual(await faultsOf({ shape: { kind: "circle", radius: "1" }, unit: "cm" }), [
    { pointer: "/shape/radius", detail: "must be number" },
  ]);
  assert.deepEqual(await faultsOf({ shape: { kind: "star" }, unit: "mile" }), [
    { pointer: "/shape/kind", detail: "must be one of circle, square" },
    { pointer: "/unit", detail: "must be one of cm, inch" },
  ]);
});

test("an address that is asked by another method says by which, also to parameters and a slash", async () => {
  const app = await appWith((it) => {
    it.post("/flags", { config: { permission: "public" } }, async () => ({}));
    it.put("/flags/:key", { config: { permission: "public" } }, async () => ({}));
    it.get("/*", { config: { permission: "public" } }, async (_request, reply) =>
      reply.callNotFound(),
    );
  });
  for (const [method, url, allow] of [
    ["PUT", "/flags", "POST"],
    ["GET", "/flags/?a=b", "POST"],
    ["DELETE", "/flags/one", "PUT"],
  ] as const) {
    const answer = await app.inject({ method, url });
    assert.deepEqual([answer.statusCode, answer.headers.allow], [405, allow], url);
    assert.match(answer.json().detail, new RegExp(`by ${allow}, not by ${method}`));
  }
  for (const url of ["/flag", "/flags/one/two", "/"]) {
    assert.equal((await app.inject({ method: "DELETE", url })).statusCode, 404, url);
  }
});

test("numbers in a query string are read as numbers", async () => {
  const app = await appWith((it) => {
    it.get(
      "/list",
      {
        config: { permission: "public" },
        schema: {
          querystring: Type.Object({ limit: Type.Optional(Type.Integer({ maximum: 9 })) }),
        },
      },
      async (request) => ({ limit: request.query.limit ?? null }),
    );
  });
  assert.deepEqual((await app.inject({ url: "/list?limit=3" })).json(), { limit: 3 });
  const bad = await app.inject({ url: "/list?limit=30" });
  assert.equal(bad.json().errors[0].pointer, "query/limit");
});

test("commands get one instant, the actor and the workspace", async () => {
  const app = await appWith((it) => {
    it.get("/context", { config: { permission: "signed-in" } }, async (request) => {
      const { actor, now, workspaceId } = commandContext(request);
      return { actor, now, workspaceId };
    });
  });
  const answer = await app.inject({ url: "/context", headers: { "x-test-actor": "viewer" } });
  assert.deepEqual(answer.json(), {
    actor: VIEWER,
    now: "2026-11-24T00:00:00.000Z",
    workspaceId: WORKSPACE,
  });
});

test("an edit must repeat the version that was read", async () => {
  const app = await appWith((it) => {
    it.put("/thing", { config: { permission: "public" } }, async (request, reply) => {
      etag(reply, ifMatch(request) + 1);
      return {};
    });
  });
  assert.equal((await app.inject({ method: "PUT", url: "/thing" })).statusCode, 428);
  const bad = await app.inject({ method: "PUT", url: "/thing", headers: { "if-match": "latest" } });
  assert.equal(bad.statusCode, 400);
  const good = await app.inject({ method: "PUT", url: "/thing", headers: { "if-match": '"4"' } });
  assert.equal(good.headers["etag"], '"5"');
});

test("a bug answers 500 without its message", async () => {
  const app = await appWith((it) => {
    it.get("/bug", { config: { permission: "public" } }, async () => {
      throw new Error("select secret from table");
    });
  });
  const answer = await app.inject({ url: "/bug" });
  assert.equal(answer.statusCode, 500);
  assert.ok(!answer.body.includes("secret"));
});

test("a thrown problem keeps its extensions and headers", async () => {
  const app = await appWith((it) => {
    it.get("/busy", { config: { permission: "public" } }, async () => {
      throw problem({
        name: "busy",
        title: "Busy",
        status: 429,
        detail: "Wait.",
        headers: { "retry-after": "2" },
        extensions: { queue: 7 },
      });
    });
  });
  const answer = await app.inject({ url: "/busy" });
  assert.equal(answer.headers["retry-after"], "2");
  assert.equal(answer.json().queue, 7);
  assert.equal(answer.json().type, "https://paceline.dev/problems/busy");
});

test("a choice names what is allowed once, and an address that cannot be read is a problem, too", async () => {
  const Color = Type.Union([Type.Literal("red"), Type.Literal("green"), Type.Literal("blue")]);
  const body = Type.Object({
    color: Color,
    at: Type.Optional(Type.Union([Type.String({ format: "date-time" }), Type.Null()])),
  });
  const app = await appWith((it) => {
    it.post("/paint", { config: { permission: "public" }, schema: { body } }, async () => ({}));
  });
  const payload = { color: "pink", at: "tomorrow" };
  const answer = await app.inject({ method: "POST", url: "/paint", payload });
  assert.deepEqual(answer.json().errors, [
    { pointer: "/color", detail: "must be one of red, green, blue" },
    { pointer: "/at", detail: 'must match format "date-time"' },
    { pointer: "/at", detail: "must be null" },
  ]);
  const broken = await app.inject({ url: "/%zz" });
  assert.deepEqual([broken.statusCode, broken.json().title], [400, "The request cannot be read"]);
  assert.match(String(broken.headers["content-type"]), /^application\/problem\+json/);
});

test("probes, metrics and the OpenAPI document are served", async () => {
  const app = await appWith((it) => {
    it.get(
      "/api/v1/x",
      { config: { permission: "public" }, schema: { summary: "X" } },
      async () => ({}),
    );
    const params = Type.Object({ key: Type.Union([Type.Literal("a"), Type.Literal("b")]) });
    it.post(
      "/api/v1/flags/:key/archive",
      { config: { permission: "flag.edit" }, schema: { summary: "Archive", params } },
      async () => ({}),
    );
  });
  assert.equal((await app.inject({ url: "/healthz" })).statusCode, 200);
  assert.equal((await app.inject({ url: "/readyz" })).statusCode, 200);
  assert.match((await app.inject({ url: "/metrics" })).body, /paceline_http_request_seconds/);
  const document = (await app.inject({ url: "/api/v1/openapi.json" })).json();
  assert.equal(document.openapi, "3.1.0");
  assert.equal(document.paths["/api/v1/x"].get.summary, "X");
  const archive = document.paths["/api/v1/flags/{key}/archive"].post;
  assert.equal(archive.operationId, "postFlagsKeyArchive");
  assert.deepEqual(archive.tags, ["flags"]);
  assert.match(archive.description, /`flag.edit`: owner, engineer, marketer, or an API key/);
  assert.deepEqual(archive.parameters[0].schema, { type: "string", enum: ["a", "b"] });
  const { content } = document.components.responses.Forbidden;
  assert.deepEqual(archive.responses["403"], { $ref: "#/components/responses/Forbidden" });
  assert.equal(content["application/problem+json"].example.status, 403);
});

test("a schema that cannot be compiled is found without a request, by compiling them all", async () => {
  const route = { config: { permission: "public" } } as const;
  const good = await appWith((it) => {
    it.get(
      "/sizes",
      { ...route, schema: { response: { 200: Type.Object({ bytes: Type.Integer() }) } } },
      async () => ({ bytes: 4, secret: true }),
    );
  });
  await good.ready();
  assert.doesNotThrow(() => good.compileSchemas());
  assert.equal((await good.inject("/sizes")).body, '{"bytes":4}');

  for (const schema of [
    { querystring: { type: "object", properties: { size: { type: "wide" } } } },
    { response: { 200: { $ref: "Nowhere#" } } },
  ]) {
    const broken = await appWith((it) => {
      it.get("/broken", { ...route, schema }, async () => ({}));
    });
    await broken.ready();
    assert.throws(() => broken.compileSchemas());
  }
});
