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

const people = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `s${index}`);

test("a draft that claims slots of a layer is compared with the slots that it would get", async () => {
  const key = "claiming";
  const at = AT.replace("compared", key);
  await call("POST", "/api/v1/layers", { key: "page", name: "Page" });
  await publishTestFlag(server, key, boolean, { defaultVariant: "off" });
  for (const targetingKey of people(200)) {
    const context = { context: { targetingKey } };
    await call("POST", `/ofrep/v1/evaluate/flags/${key}`, context, "production");
  }
  await contexts.flush();
  const claiming = (share: number) => ({
    defaultVariant: "off",
    rules: [{ id: "r", serve: { variant: "on" }, layers: [{ layer: "page", share }] }],
  });
  await call("PUT", at, claiming(0.4));
  const tried = (await call("POST", `${at}/compare`, {})).json();
  const { units } = tried.rules.find(({ ruleId }: { ruleId: string }) => ruleId === "r").after;
  const { share } = { share: units / tried.evaluated };
  assert.ok(
    tried.evaluated >= 200 && share > 0.28 && share < 0.52,
    `${units} of ${tried.evaluated}`,
  );
  assert.deepEqual(tried.cautions, []);
  const map = (await call("GET", "/api/v1/layers/page/environments/production/map")).json();
  assert.equal(map.heldShare, 0);
  // What it would get is what it gets.
  await call("POST", `${at}/publish`, {});
  const published = (await call("POST", `${at}/compare`, {})).json();
  assert.equal(published.rules[0].before.units, units);
  assert.equal(published.flips.units, 0);

  const other = AT.replace("compared", "late");
  await publishTestFlag(server, "late", boolean, { defaultVariant: "off" });
  await call("PUT", other, claiming(0.7));
  const full = (await call("POST", `${other}/compare`, {})).json();
  assert.match(
    full.cautions[0],
    /would be refused. Rule "r" wants 70 % of layer "page": 60 % is free/,
  );
});

test("units that a sticky rule has assigned keep their variant in a comparison", async () => {
  const key = "kept";
  const at = AT.replace("compared", key);
  const rule = (shareOfOn: number, phase = 1) => ({
    defaultVariant: "off",
    rules: [
      {
        id: "r",
        serve: {
          split: [
            { variant: "on", share: shareOfOn },
            { variant: "off", share: 1 - shareOfOn },
          ],
        },
        salt: `kept-${phase}`,
        phase,
        sticky: { fallbackUnit: null, minPhase: 1 },
      },
    ],
  });
  await publishTestFlag(server, key, boolean, rule(0.5));
  const assigned = people(60);
  for (const targetingKey of assigned) {
    const context = { context: { targetingKey } };
    await call("POST", `/ofrep/v1/evaluate/flags/${key}`, context, "production");
  }
  await contexts.flush();
  await call("PUT", at, rule(0.9));
  const kept = (await call("POST", `${at}/compare`, {})).json();
  const among = new Set(assigned);
  const flipped = kept.moves.flatMap(({ examples }: { examples: { unit: string }[] }) =>
    examples.map(({ unit }) => unit),
  );
  assert.ok(flipped.length > 0, "units that were not assigned yet flip");
  assert.ok(flipped.every((unit: string) => !among.has(unit)));
  assert.ok(kept.flips.units <= kept.evaluated - assigned.length);
  assert.deepEqual(kept.cautions, []);
  // Another phase assigns anew.
  await call("PUT", at, rule(0.9, 2));
  const anew = (await call("POST", `${at}/compare`, {})).json();
  assert.ok(anew.flips.units > kept.flips.units);
  const rows = await server.database.db
    .selectFrom("flag_assignments")
    .select("phase")
    .where("flag_key", "=", key)
    .execute();
  assert.equal(rows.length, assigned.length, "nobody is assigned anything by a comparison");
});
