import assert from "node:assert/strict";
import { after, test } from "node:test";

import { publishTestFlag, startTestServer } from "../test-server.ts";

const server = await startTestServer();
after(server.close);
const { call, contexts } = server;
const AT = "/api/v1/flags/compared/environments/production";
const boolean = { type: "boolean", variants: { on: true, off: false } };
const ramp = (exposureShare: number, attribute = "plan") => ({
  defaultVariant: "off",
  rules: [
    {
      id: "ramp",
      when: { attribute, operator: "equals", value: "pro" },
      serve: { variant: "on" },
      exposureShare,
      salt: "ramp",
    },
  ],
});

test("without recorded contexts nothing is claimed about real units", async () => {
  await publishTestFlag(server, "compared", boolean, ramp(0));
  const answer = (await call("POST", `${AT}/compare`, {})).json();
  assert.equal(answer.sampledUnits, 0);
  assert.equal(answer.estimatedUnits, 0);
  assert.match(answer.cautions[0], /No contexts are recorded/);
  assert.deepEqual(answer.flips, { units: 0, share: 0, low: 0, high: 1, estimatedUnits: 0 });
});

test("a draft is tried on real contexts: who flips, by which rule, and how many that are", async () => {
  const evaluate = (targetingKey: string, plan: string) =>
    call("POST", "/ofrep/v1/evaluate/flags", { context: { targetingKey, plan } }, "production");
  await evaluate("left out", "pro");
  await contexts.flush();
  for (let person = 0; person < 40; person += 1) {
    await evaluate(`p${person}`, person % 4 === 0 ? "pro" : "free");
  }
  await contexts.flush();
  assert.equal((await call("PUT", AT, ramp(1))).statusCode, 200);
  const answer = (await call("POST", `${AT}/compare`, {})).json();
  assert.equal(answer.evaluated, 40);
  assert.equal(answer.complete, true);
  assert.equal(answer.flips.units, 10);
  assert.equal(answer.flips.estimatedUnits, 10);
  assert.deepEqual(
    answer.flows.map(({ from, to, units }: Record<string, unknown>) => [from, to, units]),
    [
      ["off", "off", 30],
      ["off", "on", 10],
    ],
  );
  assert.deepEqual([answer.moves[0].fromRule, answer.moves[0].toRule], [null, "ramp"]);
  assert.equal(answer.moves[0].examples[0].context.plan, "pro");
  assert.equal(answer.rules[0].after.units, 10);
  // The draft stays a draft: what was sent is only tried.
  const sent = { configuration: ramp(1, "email"), days: 1 };
  const hidden = (await call("POST", `${AT}/compare`, sent, "viewer")).json();
  assert.equal(hidden.flips.units, 0);
  assert.match(hidden.cautions[0], /`email` is never recorded/);
});

test("a configuration that does not hold together is refused, and a flag without a draft says so", async () => {
  const broken = { configuration: { defaultVariant: "none" } };
  const refused = await call("POST", `${AT}/compare`, broken);
  assert.equal(refused.statusCode, 422);
  assert.equal(refused.json().errors[0].pointer, "/defaultVariant");
  await call("POST", "/api/v1/flags", { key: "undrafted", ...boolean });
  const nothing = await call("POST", AT.replace("compared", "undrafted") + "/compare", {});
  assert.equal(nothing.statusCode, 409);
});
