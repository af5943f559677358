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
  call("POST", "/api/v1/flag-files/push", { environments: ["production"], ...body }, who);
/** What was done in the only environment of a push. */
const done = (answer: Awaited<ReturnType<typeof push>>) => answer.json().environments[0];
const pull = async (): Promise<readonly Item[]> => {
  return (await call("GET", "/api/v1/flag-files")).json().items;
};
async function expectations() {
  const items = await pull();
  return Object.fromEntries(
    items.map(({ file, definition, revisions }) => [file.key, { definition, revisions }]),
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
    done(dry).changes.map(({ key, actions }: Record<string, unknown>) => [key, actions]),
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
  const again = done(await push({ files: sent, expected: await expectations() }));
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

test("a push to two environments is one: what it did in the first is not what moved for the second", async () => {
  const both = (key: string, defaultVariant: string, more: object = {}) =>
    flag(key, defaultVariant, {
      environments: { production: { defaultVariant }, staging: { defaultVariant } },
      ...more,
    });
  const environments = ["staging", "production"];
  const made = await push({
    environments,
    files: [both("two", "off")],
    expected: await expectations(),
  });
  assert.equal(made.statusCode, 200, made.body);
  assert.deepEqual(
    made
      .json()
      .environments.map(({ environment, changes }: { environment: string; changes: object[] }) => [
        environment,
        changes.map((change) => Reflect.get(change, "actions")),
      ]),
    [
      ["production", [["create", "publish"]]],
      ["staging", [["publish"]]],
    ],
  );
  const edited = both("two", "on", { description: "edited" });
  const expected = await expectations();
  const again = await push({ environments, files: [edited], expected });
  assert.equal(again.statusCode, 200, again.body);
  // What is refused in the last environment was not done in the first.
  const before = revisionOf();
  const broken = {
    ...both("two", "off"),
    environments: { production: { defaultVariant: "off" }, staging: { defaultVariant: "none" } },
  };
  const refused = await push({ environments, files: [broken], expected: await expectations() });
  assert.equal(refused.statusCode, 409, refused.body);
  const [refusal] = refused.json().refusals;
  assert.deepEqual([refusal.environment, refusal.kind], ["staging", "invalid-configuration"]);
  assert.equal(revisionOf(), before);
  assert.equal((await push({ files: [], archive: ["two"] })).statusCode, 200);
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
  const [change] = done(forced).changes;
  assert.deepEqual(
    change.differences.map(({ pointer }: { pointer: string }) => pointer),
    [
      "/environments/production/defaultVariant",
      "/environments/production/rules/ramp/exposureShare",
    ],
  );
});

test("a file that says the same in another way, or leaves ids and salts out, changes nothing twice", async () => {
  const expected = await expectations();
  const usual = flag("b", "on", {
    environments: {
      production: {
        enabled: true,
        offVariant: null,
        defaultVariant: "on",
        rules: [{ serve: { variant: "on" }, when: null, exposureShare: 0.1, unit: "targetingKey" }],
      },
    },
  });
  const same = await push({ files: [usual], expected });
  assert.deepEqual(done(same).changes, [], same.body);
  // An open draft holds back who would overwrite it, and nobody else.
  const at = "/api/v1/flags/b/environments/production";
  await call("PUT", at, { defaultVariant: "off", rules: [] });
  assert.equal((await push({ files: [usual], expected })).statusCode, 200);
  const other = await push({ files: [flag("b", "off")], expected });
  assert.match(other.json().refusals[0].detail, /has changes that nobody published/);
  const rules = (share: number) => [
    {
      serve: {
        split: [
          { variant: "on", share },
          { variant: "off", share: 1 - share },
        ],
      },
    },
  ];
  const made = (share: number) =>
    flag("made", "off", { environments: { production: { rules: rules(share) } } });
  assert.equal((await push({ files: [made(0.5)] })).statusCode, 200);
  const file = async () => (await pull()).find((one) => one.file.key === "made")?.file;
  const before = await file();
  assert.deepEqual(done(await push({ files: [made(0.5)] })).changes, []);
  const moved = await push({ files: [made(0.25)] });
  const [change] = done(moved).changes;
  assert.deepEqual([change.actions, change.warnings], [["publish"], []]);
  const named = (one: Awaited<ReturnType<typeof file>>) => {
    const { production } = Object(one?.["environments"]) as {
      production: { rules: readonly Record<string, unknown>[] };
    };
    return production.rules.map(({ id, salt, phase }) => [id, salt, phase]);
  };
  assert.deepEqual(named(await file()), named(before));
  assert.deepEqual(done(await push({ files: [made(0.25)] })).changes, []);
  assert.equal((await push({ files: [], archive: ["made"] })).statusCode, 200);
});

test("a flag and those that ask for it are pushed together, in the order that they need", async () => {
  const rules = [
    { id: "r", serve: { variant: "on" }, prerequisites: [{ flag: "z-base", variants: ["on"] }] },
  ];
  const asking = flag("a-asking", "off", { environments: { production: { rules } } });
  const pushed = await push({ files: [asking, flag("z-base", "on")] });
  assert.equal(pushed.statusCode, 200, pushed.body);
  assert.deepEqual(
    done(pushed).changes.map(({ key }: { key: string }) => key),
    ["z-base", "a-asking"],
  );
  const needed = await push({ files: [], archive: ["z-base"] });
  assert.match(needed.json().refusals[0].detail, /prerequisite of a-asking/);
  const both = await push({ files: [], archive: ["a-asking", "z-base"] });
  assert.equal(both.statusCode, 200, both.body);
});

test("an instant is the same however it is written, and a type never changes", async () => {
  const files = [flag("b", "on", { expiresAt: "2026-12-01T01:00:00+01:00" })];
  assert.deepEqual(done(await push({ files })).changes[0].actions, ["edit"]);
  assert.deepEqual(done(await push({ files })).changes, []);
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
