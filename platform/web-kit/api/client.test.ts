import assert from "node:assert/strict";
import test from "node:test";

import { createApiClient } from "./client.ts";
import { ApiProblem } from "./problem.ts";

function recorder(answer: () => Response | Promise<Response>) {
  const requests: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}) => {
    requests.push({ url: String(url), init });
    return answer();
  };
  let keys = 0;
  let signedOut = 0;
  const client = createApiClient({
    fetch,
    newKey: () => `key-${(keys += 1)}`,
    onSignedOut: () => {
      signedOut += 1;
    },
  });
  return { client, requests, signedOut: () => signedOut };
}

async function problemOf(promise: Promise<unknown>): Promise<ApiProblem> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof ApiProblem);
  return outcome;
}

const refused = {
  type: "https://paceline.dev/problems/criterion-locked",
  title: "The criterion is locked",
  status: 409,
  detail: "It was locked on 7 Nov. Nothing was changed.",
  errors: [{ pointer: "/criterion", detail: "is locked" }],
  lockedBy: "Mara",
};

test("reads leave empty query values out and carry no idempotency key", async () => {
  const { client, requests } = recorder(() => Response.json({ items: [] }));
  await client.get("/initiatives", { query: { state: "draft", cursor: undefined, text: "" } });
  assert.equal(requests[0]?.url, "/api/v1/initiatives?state=draft");
  assert.equal(new Headers(requests[0]?.init.headers).has("idempotency-key"), false);
});

test("every post carries an idempotency key, its own unless one is given", async () => {
  const { client, requests } = recorder(() => Response.json({ id: 1 }, { status: 201 }));
  await client.post("/initiatives", { title: "x" });
  await client.post("/initiatives", { title: "x" }, { idempotencyKey: "mine" });
  const keys = requests.map(({ init }) => new Headers(init.headers).get("idempotency-key"));
  assert.deepEqual(keys, ["key-1", "mine"]);
});

test("an edit sends the version it read as a quoted entity tag", async () => {
  const { client, requests } = recorder(() => new Response(null, { status: 204 }));
  await client.patch("/flags/x", {}, { ifMatch: 7 });
  await client.patch("/flags/x", {}, { ifMatch: '"7"' });
  const tags = requests.map(({ init }) => new Headers(init.headers).get("if-match"));
  assert.deepEqual(tags, ['"7"', '"7"']);
});

test("a refusal becomes a typed problem with its field faults and further members", async () => {
  const { client } = recorder(() => Response.json(refused, { status: 409 }));
  const problem = await problemOf(client.post("/criteria", {}));
  assert.equal(problem.kind, "criterion-locked");
  assert.equal(problem.faultAt("/criterion"), "is locked");
  assert.equal(problem.extensions["lockedBy"], "Mara");
  assert.equal(problem.outcome, "unchanged");
});

test("a failure while writing is honest that the outcome is unknown", async () => {
  const broken = recorder(() => new Response("<html>", { status: 502 }));
  assert.equal((await problemOf(broken.client.post("/x"))).outcome, "unknown");
  assert.equal((await problemOf(broken.client.get("/x"))).outcome, "unchanged");
  const away = recorder(() => Promise.reject(new TypeError("fetch failed")));
  const problem = await problemOf(away.client.post("/x"));
  assert.deepEqual([problem.kind, problem.outcome], ["offline", "unknown"]);
});

test("a 401 tells the shell that the session ended", async () => {
  const { client, signedOut } = recorder(() => Response.json({}, { status: 401 }));
  await problemOf(client.get("/session"));
  assert.equal(signedOut(), 1);
});
