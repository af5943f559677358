import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { apiCaller, filesHolding } from "@paceline/test-kit";
import type { Json, Method } from "@paceline/test-kit";

import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const PERSON = "jane.roe+flags@example.com";
let server: TestServer;
let owner: string;
let evaluateKey: string;

before(async () => {
  server = await startTestServer();
  owner = await becomeOwner(server);
  evaluateKey = (await makeKey(server, owner, "evaluate")).secret;
});
after(() => server.close());

function call(method: Method, url: string, payload?: object): Promise<Json> {
  return apiCaller(server.app, { cookie: owner }).call(method, `/api/v1${url}`, payload);
}

async function evaluate(targetingKey: string, attributes: object): Promise<void> {
  const answer = await server.app.inject({
    method: "POST",
    url: "/ofrep/v1/evaluate/flags/checkout",
    headers: { authorization: `Bearer ${evaluateKey}` },
    payload: { context: { targetingKey, ...attributes } },
  });
  assert.equal(answer.statusCode, 200, answer.body);
}

/** Waits until everything that was evaluated can be read. */
async function settle(): Promise<void> {
  await server.parts.contexts.flush();
  await server.parts.events.flush();
}

const compared = () => call("POST", "/flags/checkout/environments/production/compare", {});

test("contexts of real evaluations reach the event store and say whom a draft would flip", async () => {
  const at = "/flags/checkout/environments/production";
  await call("POST", "/flags", {
    key: "checkout",
    type: "boolean",
    variants: { on: true, off: false },
  });
  await call("PUT", at, { defaultVariant: "off" });
  await call("POST", `${at}/publish`, {});
  await evaluate("the first is left out", {});
  await settle();
  for (const person of ["a", "b", "c", PERSON]) {
    await evaluate(person, { plan: person === "a" ? "free" : "pro", email: "x@example.com" });
  }
  await settle();
  const rules = [
    {
      when: { attribute: "plan", operator: "equals", value: "pro" },
      serve: { variant: "on" },
    },
  ];
  await call("PUT", at, { defaultVariant: "off", rules });
  const { evaluated, flips, moves } = await compared();
  assert.deepEqual([evaluated, flips.units, flips.share], [4, 3, 0.75]);
  assert.deepEqual(Object.keys(moves[0].examples[0].context).toSorted(), ["plan", "targetingKey"]);
  const recent = await call("GET", "/events?environment=production&limit=10");
  assert.deepEqual(recent.items, []);
});

test("erasing a person takes the recorded context with it, and none is recorded again", async () => {
  await call("POST", "/events/erasures", { identifiers: [PERSON], reason: "asked in March" });
  await evaluate(PERSON, { plan: "pro", again: true });
  await settle();
  assert.deepEqual(await filesHolding(join(server.dataDir, "events"), [PERSON]), []);
  assert.equal((await compared()).evaluated, 3);
});
