import assert from "node:assert/strict";
import { after, test } from "node:test";

import { compileFlagSet } from "@paceline/flag-eval";
import { importUnleash, unleashOperators } from "@paceline/flag-import";

import { startTestServer, WORKSPACE } from "./test-server.ts";

const server = await startTestServer();
after(server.close);
const { call } = server;

const parameters = { rollout: "30", stickiness: "userId", groupId: "half" };
const features = [
  { name: "half", enabled: true, strategies: [{ name: "flexibleRollout", parameters }] },
];
const imported = importUnleash({ version: 1, features });
const half = imported.flags.flags["half"];
assert.ok(half);

function file(targeting: unknown, bucketing: string, key = "half") {
  const rule = { id: "imported", serve: { targeting }, salt: "imported", bucketing };
  const { defaultVariant } = half ?? {};
  const production = { defaultVariant, rules: [rule] };
  return { key, type: "boolean", variants: half?.variants, environments: { production } };
}

function push(files: readonly object[]) {
  return call("POST", "/api/v1/flag-files/push", {
    environments: ["production"],
    files,
    imports: true,
  });
}

test("every unit keeps the variant that it has at the vendor", async () => {
  const pushed = await push([file(half.targeting, "unleash")]);
  assert.equal(pushed.statusCode, 200, pushed.body);
  await server.flagSets.refresh(WORKSPACE, "production");
  const theirs = compileFlagSet(imported.flags, { operators: unleashOperators });
  assert.ok(theirs.ok);
  const { compiled } = server.flagSets.get(WORKSPACE, "production");
  const units = Array.from({ length: 2_000 }, (_, index) => `user-${index}`);
  const on = (set: typeof compiled): readonly string[] =>
    units.filter(
      (unit) => set.evaluate("half", { targetingKey: unit, userId: unit }, 0).value === true,
    );
  assert.deepEqual(on(compiled), on(theirs.value));
  assert.ok(on(compiled).length > 400 && on(compiled).length < 800);
});

test("what only this server can evaluate is left out of the document for others, and named", () => {
  const { document, serverOnly } = server.flagSets.get(WORKSPACE, "production");
  assert.equal(document.flags["half"], undefined);
  assert.equal(serverOnly.get("half"), "imported-bucketing");
});

test("an imported rule of flagd's own operators is for everybody, and anything else is refused", async () => {
  const plain = { if: [{ "==": [{ var: "plan" }, "pro"] }, "enabled", null] };
  const [on = ""] = Object.keys(half.variants);
  const fits = JSON.parse(JSON.stringify(plain).replace("enabled", on));
  assert.equal((await push([file(fits, "flagd-v2", "plain")])).statusCode, 200);
  await server.flagSets.refresh(WORKSPACE, "production");
  const { document } = server.flagSets.get(WORKSPACE, "production");
  assert.ok(document.flags["plain"]);
  for (const [targeting, bucketing] of [
    [half.targeting, "flagd-v2"],
    [{ "unleash.nothing": [] }, "unleash"],
  ] as const) {
    const refused = await push([file(targeting, bucketing, "broken")]);
    assert.equal(refused.statusCode, 409, refused.body);
    assert.match(refused.body, /unknown operator/);
  }
});
