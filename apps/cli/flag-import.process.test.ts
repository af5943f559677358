import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const CLI = join(import.meta.dirname, "main.ts");
const folder = mkdtempSync(join(tmpdir(), "paceline-flag-import-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, "unleash.json");
const parameters = { rollout: "50", stickiness: "userId", groupId: "half" };
const features = [
  { name: "open", enabled: true, strategies: [{ name: "default" }] },
  { name: "half", enabled: true, strategies: [{ name: "flexibleRollout", parameters }] },
  { name: "ours", enabled: true, strategies: [{ name: "ourOwn" }] },
];
writeFileSync(file, JSON.stringify({ version: 1, features }));

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8" });
}

const paceline = (...args: readonly string[]) => run("flag", "import", ...args);

test("the report says of every flag of another vendor how it can be carried", () => {
  const { stdout, status } = paceline("unleash", file);
  assert.equal(status, 0);
  assert.match(stdout, /open +unleash +portable/);
  assert.match(stdout, /half +unleash +server +unleash\.rollout/);
  assert.match(stdout, /ours +unleash +partial +custom strategy/);
  assert.match(stdout, /3 flags: 1 for any flagd client, 1 for this server only, 1 with something/);
});

test("the flagd document comes with --json, without any server", () => {
  const { stdout } = paceline("unleash", file, "--json");
  const { flags } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(flags.flags), ["open", "half", "ours"]);
  assert.equal(flags.flags.half.metadata.bucketing, "unleash");
});

test("a file of another form and an unknown vendor are wrong uses", () => {
  assert.equal(paceline("eppo", file).status, 2);
  assert.equal(paceline("nobody", file).status, 2);
  const obfuscated = join(folder, "eppo.json");
  const flag = { key: "aGFsZg==", enabled: true, variationType: "STRING", variations: {} };
  writeFileSync(obfuscated, JSON.stringify({ format: "CLIENT", flags: { [flag.key]: flag } }));
  const refused = paceline("eppo", obfuscated);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /obfuscated/);
});

test("the vendor's own answers are asked again, and each that differs is named", () => {
  const vectors = join(folder, "vectors.json");
  const open = { flag: "open", context: { targetingKey: "u1" }, value: true };
  writeFileSync(vectors, JSON.stringify([open, { ...open, flag: "gone", default: 7, value: 7 }]));
  const good = paceline("unleash", file, "--verify", vectors);
  assert.deepEqual([good.status, good.stdout.trim()], [0, "2 passed, 0 failed"]);
  writeFileSync(vectors, JSON.stringify([open, { ...open, value: false }]));
  const bad = paceline("unleash", file, "--verify", vectors);
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /open for "u1": true, not false\n1 passed, 1 failed/);
  writeFileSync(vectors, "{}");
  assert.equal(paceline("unleash", file, "--verify", vectors).status, 2);
});

test("a specification of Unleash is flags and vectors in one file, and needs no word of ours before", () => {
  const specification = join(folder, "specification.json");
  const variants = [{ name: "blue", weight: 1, payload: { type: "string", value: "b" } }];
  const strategies = [{ name: "default", parameters: {} }];
  const asked = (toggleName: string, expectedResult: unknown) => ({
    description: toggleName,
    context: {},
    toggleName,
    expectedResult,
  });
  const disabled = (feature_enabled: boolean) => ({
    name: "disabled",
    enabled: false,
    feature_enabled,
  });
  const write = (expected: boolean) =>
    writeFileSync(
      specification,
      JSON.stringify({
        name: "ours",
        state: {
          version: 1,
          features: [
            { name: "on", enabled: true, strategies },
            { name: "coloured", enabled: true, strategies, variants },
          ],
        },
        tests: [asked("on", expected), asked("gone", false)],
        variantTests: [
          asked("coloured", {
            name: "blue",
            payload: { type: "string", value: "b" },
            enabled: true,
            feature_enabled: true,
          }),
          asked("on", disabled(true)),
          asked("gone", disabled(false)),
        ],
      }),
    );
  write(true);
  const good = run("import", "unleash", specification, "--verify", specification);
  assert.deepEqual([good.status, good.stdout.trim()], [0, "5 passed, 0 failed"]);
  write(false);
  const bad = run("import", "unleash", specification, "--verify", specification);
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /on for \{\}: true, not false\n4 passed, 1 failed/);
});
