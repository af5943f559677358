import assert from "node:assert/strict";
import { after, test } from "node:test";

import { startTestServer, WORKSPACE } from "../test-server.ts";

const server = await startTestServer();
after(server.close);
const { call } = server;

interface Item {
  readonly file: Record<string, unknown> & { readonly key: string };
  readonly definition: string;
  readonly revisions: Record<string, number>;
}

const flag = (key: string, defaultVariant: string, more: object = {}) => ({
  key,
  type: "boolean",
  kind: "release",
  variants: { on: true, off: false },
  environments: {
    production: {
      defaultVariant,
      rules: [{ id: "ramp", serve: { variant: "on" }, exposureShare: 0.1, salt: "s", phase: 1 }],
    },
  },
  ...more,
});
const push = (body: object, who = "owner") =>
  call("POST", "/api/v1/flag-files/push", { environment: "production", ...body }, who);
const pull = async (): Promise<readonly Item[]> => {
  return (await call("GET", "/api/v1/flag-files")).json().items;
};
async function expectations() {
  const items = await pull();
  return Object.fromEntries(
    items.map(({ file, definition, revisions }) => [
      file.key,
      { definition, revision: revisions["production"] ?? null },
    ]),
  );
}
const revisionOf = () => server.flagSets.get(WORKSPACE, "production").revision;

test("files become flags that are in force, and come back as they were sent", async () => {
  const tests = [{ name: "starts", bucket: { exposure: 5 }, expect: { variant: "on" } }];
  const files = [flag("b", "off"), flag("a", "off", { description: "It's a", tags: ["x"] })];
  const [b, a] = files;
  const production = { ...a?.environments.production, tests };
  const sent = [b, { ...a, environments: { production } }];
  const dry = await push({ files: sent, dryRun: true });
  assert.equal(dry.statusCode, 200, dry.body);
  assert.deepEqual(
    dry.json().changes.map(({ key, actions }: Record<string, unknown>) => [key, actions]),
    [
      ["b", ["create", "publish"]],
      ["a", ["create", "tests", "publish"]],
    ],
  );
  assert.deepEqual(await pull(), []);
  assert.equal((await push({ files: sent })).statusCode, 200);
  const pulled = (await pull()).map(({ file }) => file);
  const whole = { ...a, environments: { production } };
  assert.deepEqual(pulled, [whole, b]);
  const again = (await push({ files: sent, expected: await expectations() })).json();
  assert.deepEqual([again.changes, again.unchanged], [[], 2]);
});

test("a push is taken whole or not at all", async () => {
  const before = revisionOf();
  const broken = flag("b", "none");
  const refused = await push({ files: [flag("a", "on"), broken, flag("c", "on")] });
  assert.equal(refused.statusCode, 409, refused.body);
  assert.deepEqual(
    refused.json().refusals.map(({ key, kind }: Record<string, string>) => [key, kind]),
    [["b", "invalid-configuration"]],
  );
  assert.equal(revisionOf(), before);
  assert.deepEqual(
    (await pull()).map(({ file }) => file.key),
    ["a", "b"],
  );
});

test("what moved on the server since the pull is not overwritten, unless that is asked for", async () => {
  const expected = await expectations();
  const at = "/api/v1/flags/b/environments/production";
  const moved = await call("POST", `${at}/rules/ramp/exposure`, { exposureShare: 0.5 });
  const { revision } = moved.json();
  const refused = await push({ files: [flag("b", "on")], expected });
  assert.equal(refused.statusCode, 409);
  const [one] = refused.json().refusals;
  assert.equal(one.kind, "moved");
  assert.match(one.detail, new RegExp(`Revision ${revision} is in force in production`));
  await call("PUT", at, { defaultVariant: "on", rules: [] });
  const drafted = await push({ files: [flag("b", "on")], expected: await expectations() });
  assert.match(drafted.json().refusals[0].detail, /has changes that nobody published/);
  const forced = await push({ files: [flag("b", "on")], expected, force: true });
  assert.equal(forced.statusCode, 200, forced.body);
  const [change] = forced.json().changes;
  assert.deepEqual(
    change.differences.map(({ pointer }: { pointer: string }) => pointer),
    [
      "/environments/production/defaultVariant",
      "/environments/production/rules/ramp/exposureShare",
    ],
  );
});

test("a flag and those that ask for it are pushed together, in the order that they need", async () => {
  const rules = [
    { id: "r", serve: { variant: "on" }, prerequisites: [{ flag: "z-base", variants: ["on"] }] },
  ];
  const asking = flag("a-asking", "off", { environments: { production: { rules } } });
  const pushed = await push({ files: [asking, flag("z-base", "on")] });
  assert.equal(pushed.statusCode, 200, pushed.body);
  assert.deepEqual(
    pushed.json().changes.map(({ key }: { key: string }) => key),
    ["z-base", "a-asking"],
  );
  const needed = await push({ files: [], archive: ["z-base"] });
  assert.match(needed.json().refusals[0].detail, /prerequisite of a-asking/);
  const both = await push({ files: [], archive: ["a-asking", "z-base"] });
  assert.equal(both.statusCode, 200, both.body);
});

test("an instant is the same however it is written, and a type never changes", async () => {
  const files = [flag("b", "on", { expiresAt: "2026-12-01T01:00:00+01:00" })];
  assert.deepEqual((await push({ files })).json().changes[0].actions, ["edit"]);
  assert.deepEqual((await push({ files })).json().changes, []);
  const retyped = flag("b", "on", { type: "string", variants: { on: "1", off: "0" } });
  assert.equal((await push({ files: [retyped] })).json().refusals[0].kind, "type-changed");
});

test("a member that no file has is refused, and so is somebody who may only read", async () => {
  assert.equal((await push({ files: [{ ...flag("b", "on"), colour: "red" }] })).statusCode, 400);
  assert.equal((await push({ files: [] }, "viewer")).statusCode, 403);
  const schema = (await call("GET", "/schemas/flag.schema.json")).json();
  assert.equal(schema.additionalProperties, false);
  const [place] = Object.values<{ properties: { rules: { items: { properties: object } } } }>(
    schema.properties.environments.patternProperties,
  );
  const when = JSON.stringify(Reflect.get(place?.properties.rules.items.properties ?? {}, "when"));
  assert.ok(when.includes("#/$defs/condition"), when);
  assert.ok(JSON.stringify(schema.$defs.condition).includes("version-at-least"));
});
