import assert from "node:assert/strict";
import test from "node:test";

import { configurationFaults, definitionFaults, withExposure } from "./check-flag.ts";
import { completeConfiguration } from "./complete.ts";
import { conditionFaults } from "./condition.ts";
import { differences } from "./diff.ts";
import type { FlagDefinition } from "./flag.ts";
import { rebucketedRules } from "./phases.ts";

const flag: FlagDefinition = {
  key: "checkout",
  type: "boolean",
  variants: { on: true, off: false },
  description: "",
  owner: null,
  kind: "release",
  initiativeId: null,
  expiresAt: null,
  lifecycle: "draft",
  tags: [],
};

let count = 0;
const newId = (): string => `id-${(count += 1)}`;

test("a definition needs a usable key and variants of its type", () => {
  assert.deepEqual(definitionFaults(flag), []);
  const faults = definitionFaults({ ...flag, key: "-x", variants: { on: true, "": 1 } });
  assert.deepEqual(
    faults.map(({ pointer }) => pointer),
    ["/key", "/variants/", "/variants/"],
  );
  assert.equal(definitionFaults({ ...flag, variants: {} }).length, 1);
});

test("a configuration is refused with a pointer to every fault", () => {
  const configuration = completeConfiguration(
    {
      defaultVariant: "none",
      rules: [
        {
          id: "a",
          when: { attribute: "$flagd.flagKey", operator: "equals", value: "x" },
          serve: {
            split: [
              { variant: "on", share: 0.5 },
              { variant: "maybe", share: 0.4 },
            ],
          },
          exposureShare: 2,
          unit: "no unit",
        },
        { id: "a", serve: { variant: "on" }, experimentId: "e", recordExposure: false },
      ],
    },
    null,
    newId,
  );
  assert.deepEqual(
    configurationFaults(flag.variants, configuration).map(({ pointer }) => pointer),
    [
      "/defaultVariant",
      "/rules/0/serve/split/1/variant",
      "/rules/0/when/attribute",
      "/rules/0/unit",
      "/rules/0/exposureShare",
      "/rules/0/serve/split",
      "/rules/1/id",
      "/rules/1/recordExposure",
    ],
  );
});

test("conditions of the wrong shape are named where they are", () => {
  const pointers = (value: unknown): readonly string[] =>
    conditionFaults(value, "/when").map(({ pointer }) => pointer);
  assert.deepEqual(pointers({ all: [] }), ["/when/all"]);
  assert.deepEqual(pointers({ any: [{ not: 3 }] }), ["/when/any/0/not"]);
  assert.deepEqual(pointers({ attribute: "a", operator: "at-least", value: "3" }), ["/when/value"]);
  assert.deepEqual(pointers({ attribute: "a", operator: "version-at-least", value: "1.2" }), [
    "/when/value",
  ]);
  assert.deepEqual(pointers({ attribute: "a", operator: "like", value: "1", extra: 1 }), [
    "/when/extra",
    "/when/operator",
  ]);
  let deep: unknown = { attribute: "a", operator: "present" };
  for (let index = 0; index < 30; index += 1) deep = { not: deep };
  assert.equal(pointers(deep).length, 1);
});

test("saving a rule again without its salt moves nobody", () => {
  const first = completeConfiguration(
    { rules: [{ id: "r", serve: { variant: "on" } }] },
    null,
    newId,
  );
  const again = completeConfiguration(
    { rules: [{ id: "r", serve: { variant: "off" } }, { serve: { variant: "on" } }] },
    first,
    newId,
  );
  assert.equal(again.rules[0]?.salt, first.rules[0]?.salt);
  assert.notEqual(again.rules[1]?.salt, first.rules[0]?.salt);
  assert.deepEqual(rebucketedRules(first, again), []);
  const [rule] = again.rules;
  assert.ok(rule);
  assert.deepEqual(rebucketedRules(first, { ...again, rules: [{ ...rule, salt: "x" }] }), ["r"]);
  assert.deepEqual(rebucketedRules(first, { ...again, rules: [{ ...rule, unit: "company" }] }), [
    "r",
  ]);
  assert.equal(withExposure(first, "r", { exposureShare: 0.2 }).rules[0]?.exposureShare, 0.2);
  assert.deepEqual(withExposure(first, "x", { exposureShare: 0.2 }), first);
});

test("differences name what changed; rules are matched by id and moving one is one difference", () => {
  const before = {
    rules: [
      { id: "a", share: 1 },
      { id: "b", share: 2 },
    ],
    list: [1, 2],
  };
  assert.deepEqual(differences(before, structuredClone(before)), []);
  assert.deepEqual(
    differences(before, {
      rules: [
        { id: "b", share: 3 },
        { id: "a", share: 1 },
      ],
      list: [1],
    }),
    [
      { pointer: "/rules/b/share", before: 2, after: 3 },
      { pointer: "/list/1", before: 2, after: undefined },
    ],
  );
  assert.deepEqual(differences({ rules: before.rules }, { rules: before.rules.toReversed() }), [
    { pointer: "/rules", before: ["a", "b"], after: ["b", "a"] },
  ]);
});
