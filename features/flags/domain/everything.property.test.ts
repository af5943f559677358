import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { FlagdCore } from "@openfeature/flagd-core";
import { Ajv } from "ajv";
import fc from "fast-check";

import { completeConfiguration } from "./complete.ts";
import type { RuleInput } from "./complete.ts";
import type { Condition } from "./condition.ts";
import type { FlagKind, Gate, RevisionContent } from "./flag.ts";
import { holdoutGate, sliceOf, withHoldout } from "./holdout.ts";
import { changedSet, emptySet, serveFlag } from "./serve.ts";
import type { PublishedSet } from "./serve.ts";
import { allocate, stretchesOf } from "./slots.ts";

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const variants = { control: "old", treatment: "new" };
let ids = 0;

function contentOf(key: string, kind: FlagKind, rules: readonly RuleInput[]): RevisionContent {
  const configuration = completeConfiguration(
    { defaultVariant: "control", offVariant: "control", rules },
    null,
    () => `${key}-${(ids += 1)}`,
  );
  const fixed = { key, kind, type: "string" as const, initiativeId: null, variants };
  return { ...fixed, environment: "production", configuration };
}

function setOf(contents: readonly RevisionContent[]): PublishedSet {
  const flags = new Map(
    contents.map((content) => [content.key, { revision: 1, digest: content.key, content }]),
  );
  return changedSet(emptySet("w", "production"), 1, flags);
}

function coreOf(set: PublishedSet): FlagdCore {
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(JSON.stringify(set.document));
  return core;
}

function assertAlike(
  set: PublishedSet,
  core: FlagdCore,
  key: string,
  context: Readonly<Record<string, string | number>>,
): string | undefined {
  const { variant, value, reason } = serveFlag(set, key, context, 0).evaluation;
  const expected = core.resolveStringEvaluation(key, "code", { ...context }, silent);
  if (
    variant !== expected.variant ||
    (value ?? "code") !== expected.value ||
    (reason === "SPLIT" ? "TARGETING_MATCH" : reason) !== expected.reason
  ) {
    assert.fail(
      `${key} for ${JSON.stringify(context)}: ${variant} (${reason}), flagd-core ${expected.variant} (${expected.reason})`,
    );
  }
  return variant;
}

function validateDocument(set: PublishedSet): string | null {
  const folder = join(import.meta.dirname, "../../../../shared/conformance/flagd-schemas");
  if (!existsSync(folder)) return "../shared/conformance/flagd-schemas is not there";
  const read = (name: string): object => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const ajv = new Ajv({ strict: false, schemas: [read("targeting.json")] });
  const validate = ajv.compile(read("flags.json"));
  const document: unknown = JSON.parse(JSON.stringify(set.document));
  assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 3)));
  return null;
}

const holdout = { key: "all", salt: "holdout-salt", unit: "targetingKey", share: 0.05 };

/** Two experiments of one layer, as publications would give them their slots. */
function layerGates(): readonly [Gate, Gate] {
  const now = new Date(0);
  const first = allocate(stretchesOf([]), { flagKey: "x", ruleId: "test" }, 40_000, now) ?? [];
  const line = { holder: { flagKey: "x", ruleId: "test" }, experimentId: null, at: now };
  const entries = first.map((range) => ({
    ...line,
    action: "taken" as const,
    range,
    quarantinedUntil: null,
  }));
  const second = allocate(stretchesOf(entries), { flagKey: "y", ruleId: "test" }, 50_000, now);
  const gate = { source: { kind: "layer", key: "checkout" } as const, salt: "layer-salt/layer/" };
  const rest = { unit: "targetingKey", negate: false };
  return [
    { ...gate, ...rest, ranges: first },
    { ...gate, ...rest, ranges: second ?? [] },
  ];
}

const split = {
  split: [
    { variant: "treatment", share: 0.5 },
    { variant: "control", share: 0.5 },
  ],
};

function everything(exposureShare: number): readonly RevisionContent[] {
  const [one, two] = layerGates();
  const withGate = (content: RevisionContent, gate: Gate): RevisionContent => ({
    ...content,
    configuration: {
      ...content.configuration,
      rules: content.configuration.rules.map((rule) => ({ ...rule, gates: [gate] })),
    },
  });
  const experiment = (key: string): RevisionContent =>
    contentOf(key, "experiment", [
      { id: "test", serve: split, salt: `${key}/salt`, recordExposure: true },
    ]);
  const flags = [
    contentOf("ramp", "release", [
      { id: "ramp", serve: { variant: "treatment" }, exposureShare, salt: "ramp/salt" },
    ]),
    withGate(experiment("x"), one),
    withGate(experiment("y"), two),
    contentOf("dependent", "release", [
      {
        id: "needs",
        serve: split,
        salt: "dependent/salt",
        when: { attribute: "plan", operator: "in", value: ["pro", "team"] },
        prerequisites: [{ flag: "ramp", variants: ["treatment"] }],
      },
    ]),
  ];
  const gate = holdoutGate(holdout);
  return [
    ...flags.map((content) => withHoldout(content, holdout.key, gate)),
    contentOf("permission", "permission", [
      {
        serve: { variant: "treatment" },
        when: { attribute: "plan", operator: "equals", value: "team" },
      },
    ]),
  ];
}

const PEOPLE = 21_000;

test("a document with a holdout, a layer of two experiments, a ramp and a prerequisite is valid, and flagd-core evaluates it alike", (t) => {
  const set = setOf(everything(0.25));
  assert.deepEqual(set.compiled.problems, []);
  const core = coreOf(set);
  const counts = { evaluations: 0, inBoth: 0, heldOut: 0, treatedHeldOut: 0 };
  for (let index = 0; index < PEOPLE; index += 1) {
    const unit = `user-${index}@example.com`;
    const plan = ["free", "pro", "team"][index % 3] ?? "free";
    const context = { targetingKey: unit, plan };
    const answers = new Map(
      ["ramp", "x", "y", "dependent", "permission"].map((key) => [
        key,
        assertAlike(set, core, key, context),
      ]),
    );
    counts.evaluations += answers.size;
    const reasons = ["x", "y"].map((key) => serveFlag(set, key, context, 0).exposure !== null);
    counts.inBoth += Number(reasons[0] && reasons[1]);
    const isHeldOut = sliceOf(holdout, unit) === "held-out";
    counts.heldOut += Number(isHeldOut);
    const treated = ["ramp", "x", "y", "dependent"].some((key) => answers.get(key) === "treatment");
    counts.treatedHeldOut += Number(isHeldOut && treated);
    // The prerequisite is what the other flag says, for the same unit.
    if (answers.get("dependent") === "treatment") assert.equal(answers.get("ramp"), "treatment");
    assert.equal(answers.get("permission") === "treatment", plan === "team");
  }
  assert.ok(counts.evaluations >= 100_000);
  assert.equal(counts.inBoth, 0);
  assert.equal(counts.treatedHeldOut, 0);
  // Six standard deviations of a binomial count.
  assert.ok(Math.abs(counts.heldOut - 0.05 * PEOPLE) < 6 * Math.sqrt(0.05 * 0.95 * PEOPLE));
  t.diagnostic(`${counts.evaluations} evaluations, ${JSON.stringify(set.document).length} bytes`);
  const absent = validateDocument(set);
  if (absent !== null) t.diagnostic(`not validated: ${absent}`);
});

test("each step of the ramp only adds units, and stepping back removes only those who came last", () => {
  const units = Array.from({ length: 4_000 }, (_, index) => `user-${index}`);
  const served = (share: number): ReadonlySet<string> => {
    const set = setOf(everything(share));
    return new Set(
      units.filter(
        (unit) =>
          serveFlag(set, "ramp", { targetingKey: unit }, 0).evaluation.variant === "treatment",
      ),
    );
  };
  const steps = [0.01, 0.05, 0.25, 0.5, 1].map(served);
  for (const [index, more] of steps.entries()) {
    for (const unit of steps[index - 1] ?? []) assert.ok(more.has(unit), `${unit} left`);
  }
  assert.deepEqual(served(0.25), steps[2]);
});

const KEYS = ["f0", "f1", "f2", "f3"];
const plan = fc.constantFrom("free", "pro", "team");

/** A rule that may ask flags before it, so that there is no circle; or any flag, so that there may be. */
function ruleArbitrary(asked: readonly string[]): fc.Arbitrary<RuleInput> {
  const needs =
    asked.length === 0
      ? fc.constant([])
      : fc.uniqueArray(
          fc.record({
            flag: fc.constantFrom(...asked),
            variants: fc.subarray(["control", "treatment"], { minLength: 1 }),
          }),
          { maxLength: 2, selector: ({ flag }) => flag },
        );
  return fc.record({
    salt: fc.uuid(),
    when: fc.option(
      plan.map((value): Condition => ({ attribute: "plan", operator: "equals", value })),
    ),
    prerequisites: needs,
    serve: fc.constantFrom(split, { variant: "treatment" }, { variant: "control" }),
    exposureShare: fc.constantFrom(0, 0.3, 1),
  }) as fc.Arbitrary<RuleInput>;
}

function flagsArbitrary(askedBy: (index: number) => readonly string[]) {
  return fc.tuple(
    ...KEYS.map((key, index) =>
      fc
        .array(ruleArbitrary(askedBy(index)), { maxLength: 2 })
        .map((rules) => contentOf(key, "release", rules)),
    ),
  );
}

test("prerequisites over several flags are answered alike, and by what the other flag itself answers", () => {
  let met = 0;
  const flags = flagsArbitrary((index) => KEYS.slice(0, index));
  const people = fc.array(fc.record({ targetingKey: fc.uuid(), plan }), { minLength: 1 });
  fc.assert(
    fc.property(flags, people, (contents, contexts) => {
      const set = setOf(contents);
      const core = coreOf(set);
      for (const context of contexts) {
        const answers = new Map(KEYS.map((key) => [key, assertAlike(set, core, key, context)]));
        for (const { key, configuration } of contents) {
          // As people read it: the first rule that says yes, by the answers of the other flags.
          const unmet = configuration.rules.filter(({ prerequisites }) =>
            prerequisites.some(
              ({ flag, variants: named }) => !named.includes(answers.get(flag) ?? ""),
            ),
          );
          const kept = configuration.rules.filter((rule) => !unmet.includes(rule));
          const alone = kept.map((rule) => ({ ...rule, prerequisites: [] }));
          const free = contents.map((content) =>
            content.key === key
              ? { ...content, configuration: { ...configuration, rules: alone } }
              : content,
          );
          const { variant } = serveFlag(setOf(free), key, context, 0).evaluation;
          assert.equal(answers.get(key), variant);
          met += kept.filter(({ prerequisites }) => prerequisites.length > 0).length;
        }
      }
    }),
    { numRuns: 100 },
  );
  assert.ok(met > 100, `only ${met} prerequisites were met`);
});

test("a circle that a way back has brought in force is answered all the same, alike", () => {
  const flags = flagsArbitrary(() => KEYS);
  const people = fc.array(fc.record({ targetingKey: fc.uuid(), plan }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(flags, people, (contents, contexts) => {
      const set = setOf(contents);
      assert.deepEqual(set.compiled.problems, []);
      const core = coreOf(set);
      for (const context of contexts) for (const key of KEYS) assertAlike(set, core, key, context);
    }),
    { numRuns: 100 },
  );
});

test("a changed flag gives the same set as loading everything anew", () => {
  const flags = flagsArbitrary((index) => KEYS.slice(0, index));
  fc.assert(
    fc.property(flags, flags, fc.constantFrom(...KEYS), (contents, others, changed) => {
      const next = contents.map((content, index) =>
        content.key === changed ? (others[index] ?? content) : content,
      );
      const content = next.find(({ key }) => key === changed);
      assert.ok(content);
      const step = changedSet(
        setOf(contents),
        1,
        new Map([[changed, { revision: 1, digest: changed, content }]]),
      );
      assert.deepEqual(step.document, setOf(next).document);
    }),
    { numRuns: 100 },
  );
});
