import assert from "node:assert/strict";
import { test } from "node:test";

import { completeConfiguration } from "@paceline/flags/domain";
import { fileOf, filePlace } from "@paceline/flags/flag-file-api";
import type { FlagFile } from "@paceline/flags/flag-file-api";
import fc from "fast-check";

import { flagText, readFlagText } from "./flag-yaml.ts";

/** Texts that mean something else in YAML unless they are quoted. */
const odd = fc.constantFrom(
  "on",
  "off",
  "yes",
  "null",
  "~",
  "1e3",
  "0x1F",
  "2026-01-01",
  "- a",
  "#",
  ": ",
);
const text = fc
  .oneof(odd, fc.string({ unit: "grapheme", maxLength: 30 }))
  .filter((one) => one.isWellFormed());
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const scalar = fc.oneof(text, fc.integer(), fc.boolean());
const condition = fc.oneof(
  fc.record({
    attribute: fc.constantFrom("plan", "company.id"),
    operator: fc.constant("equals" as const),
    value: scalar,
  }),
  fc.record({ not: fc.constant({ attribute: "plan", operator: "present" as const }) }),
  fc.record({
    any: fc.array(
      fc.record({
        attribute: fc.constant("country"),
        operator: fc.constant("in" as const),
        value: fc.array(scalar, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
);
const rule = fc.record(
  {
    id: name,
    description: text,
    when: fc.option(condition),
    serve: fc.constantFrom(
      { variant: "on" },
      {
        split: [
          { variant: "on", share: 0.25 },
          { variant: "off", share: 0.75 },
        ],
      },
    ),
    exposureShare: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
    unit: fc.constantFrom("targetingKey", "company.id"),
    recordExposure: fc.boolean(),
    salt: name,
  },
  { requiredKeys: ["id", "serve", "salt"] },
);
const place = fc
  .record({
    enabled: fc.boolean(),
    offVariant: fc.constantFrom(null, "on", "off"),
    defaultVariant: fc.constantFrom(null, "on", "off"),
    rules: fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 3 }),
  })
  .map((input) =>
    filePlace(
      completeConfiguration(input, null, () => "made"),
      [],
    ),
  );
const flag: fc.Arbitrary<FlagFile> = fc
  .record({
    key: name,
    description: text,
    values: fc.tuple(text, text),
    tags: fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/), { maxLength: 3 }),
    places: fc.dictionary(fc.constantFrom("production", "staging", "on"), place),
  })
  .map(({ key, description, values: [on, off], tags, places }) =>
    fileOf(
      {
        key,
        type: "string",
        variants: { on, off },
        description,
        owner: null,
        kind: "experiment",
        initiativeId: null,
        expiresAt: "2026-12-01T00:00:00.000Z",
        tags,
      },
      new Map(Object.entries(places)),
    ),
  );

test("a flag that is written and read is the same flag, and its text the same text", () => {
  fc.assert(
    fc.property(flag, (file) => {
      const written = flagText(file);
      const read = readFlagText(written);
      assert.ok("file" in read, JSON.stringify(read));
      assert.deepEqual(read.file, JSON.parse(JSON.stringify(file)));
      assert.equal(flagText(read.file), written);
    }),
    { numRuns: 200 },
  );
});

const FILE = `key: checkout
type: boolean
variants: { on: true, off: false }
environments:
  production:
    defaultVariant: off
    rules:
      - serve: { variant: on }
        exposureShare: 0.5
`;

function faultsOf(written: string): readonly string[] {
  const read = readFlagText(written);
  return "file" in read
    ? []
    : read.faults.map(
        ({ line, column, pointer, detail }) => `${line}:${column} ${pointer} ${detail}`,
      );
}

test("what is wrong with a file is told with line and column", () => {
  assert.deepEqual(faultsOf(FILE), []);
  assert.deepEqual(faultsOf(FILE.replace("exposureShare", "exposure")), [
    "9:9 /environments/production/rules/0/exposure is not a known member; remove it or correct its name",
  ]);
  assert.deepEqual(faultsOf(FILE.replace("0.5", "half")), [
    "9:24 /environments/production/rules/0/exposureShare must be number",
  ]);
  assert.deepEqual(faultsOf(FILE.replace("{ variant: on }", "{ variants: on }")).length, 1);
  assert.match(faultsOf(FILE.replace("type: boolean", "type: text"))[0] ?? "", /^2:7 \/type /);
  assert.match(faultsOf(`${FILE}key: again\n`)[0] ?? "", /^10:1 .*unique/);
  assert.match(
    faultsOf(FILE.replace("{ on: true", "{ on: yes-sir"))[0] ?? "",
    /^3:17 \/variants\/on must be of type boolean/,
  );
  const when = "when: { attribute: plan, operator: is, value: pro }";
  assert.match(
    faultsOf(FILE.replace("exposureShare: 0.5", when))[0] ?? "",
    /^9:44 \/environments\/production\/rules\/0\/when\/operator/,
  );
});
