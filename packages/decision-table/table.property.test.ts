import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "@bufbuild/cel";
import fc from "fast-check";

import { compileTable, evaluateTable, smallestChange } from "./index.ts";
import type { CompiledTable, DecisionTable, FactDefinition, FactReadings, Truth } from "./index.ts";

const NAMES = ["a", "b", "c", "d"] as const;

const CATALOG: readonly FactDefinition[] = NAMES.map((name) => ({
  name,
  title: name,
  type: { kind: "bool" },
  source: "form",
  change: { kind: "changeable", candidates: [true, false], words: {} },
}));

const condition: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...NAMES),
    fc.tuple(tie("node"), tie("node")).map(([l, r]) => `(${l} && ${r})`),
    fc.tuple(tie("node"), tie("node")).map(([l, r]) => `(${l} || ${r})`),
    fc.tuple(tie("node"), tie("node")).map(([l, r]) => `(${l} == ${r})`),
    tie("node").map((inner) => `!(${inner})`),
    fc.tuple(tie("node"), tie("node"), tie("node")).map(([w, t, o]) => `(${w} ? ${t} : ${o})`),
  ),
})).node;

const rules = fc.array(condition, { minLength: 1, maxLength: 5 });
const facts = fc.record(
  { a: fc.boolean(), b: fc.boolean(), c: fc.boolean(), d: fc.boolean() },
  { requiredKeys: [] },
);

type Facts = Partial<Record<(typeof NAMES)[number], boolean>>;

function tableOf(conditions: readonly string[]): CompiledTable<"stop" | "go"> {
  const table: DecisionTable<"stop" | "go"> = {
    id: "p",
    version: 1,
    rules: conditions.map((when, index) => ({
      id: `R-${index}`,
      title: when,
      when,
      outcome: "stop",
      because: "",
      otherwise: "",
    })),
    otherwise: { outcome: "go", because: "", controls: [] },
  };
  const compiled = compileTable(table, CATALOG);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value;
}

const readings = (values: Facts): FactReadings =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));

const truths = (table: CompiledTable<"stop" | "go">, values: Facts): readonly Truth[] =>
  evaluateTable(table, readings(values), 0).rules.map(({ truth }) => truth);

function completions(values: Facts): readonly Facts[] {
  return NAMES.reduce<readonly Facts[]>(
    (all, name) =>
      name in values
        ? all
        : all.flatMap((one) => [
            { ...one, [name]: true },
            { ...one, [name]: false },
          ]),
    [values],
  );
}

test("with every fact known a rule agrees with plain CEL", () => {
  fc.assert(
    fc.property(
      condition,
      fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean(), d: fc.boolean() }),
      (when, values) => {
        const expected = run(when, values) === true ? "hit" : "miss";
        assert.deepEqual(truths(tableOf([when]), values), [expected]);
      },
    ),
  );
});

test("a hit or a miss is the same in every completion of the unknown facts", () => {
  fc.assert(
    fc.property(rules, facts, (conditions, values) => {
      const table = tableOf(conditions);
      const partial = truths(table, values);
      for (const complete of completions(values)) {
        for (const [index, truth] of truths(table, complete).entries()) {
          if (partial[index] !== "unknown") assert.equal(truth, partial[index]);
        }
      }
    }),
  );
});

test("taking a fact away never leads to the answer at the end", () => {
  fc.assert(
    fc.property(rules, facts, fc.constantFrom(...NAMES), (conditions, values, gone) => {
      const table = tableOf(conditions);
      const { [gone]: _, ...rest } = values;
      const after = evaluateTable(table, readings(rest), 0).outcome;
      if (after === "go") {
        assert.equal(evaluateTable(table, readings(values), 0).outcome, "go");
        assert.ok(!table.reads.includes(gone), "a fact that is read was not missed");
      }
    }),
  );
});

test("an unknown rule names only facts that are unknown, and at least one", () => {
  fc.assert(
    fc.property(rules, facts, (conditions, values) => {
      for (const { truth, unknownFacts } of evaluateTable(tableOf(conditions), readings(values), 0)
        .rules) {
        assert.equal(unknownFacts.length > 0, truth === "unknown");
        assert.ok(unknownFacts.every((name) => !(name in values)));
      }
    }),
  );
});

/** The slow obvious way: try every assignment and count the changed facts. */
function fewestByEnumeration(table: CompiledTable<"stop" | "go">, values: Facts): number | null {
  const goals = completions({}).filter((goal) => {
    const kept = Object.fromEntries(
      Object.entries(goal).filter(([name]) => name in values || table.reads.includes(name)),
    );
    return evaluateTable(table, readings(kept), 0).outcome === "go";
  });
  const counts = goals.map(
    (goal) =>
      NAMES.filter(
        (name) => (name in values || table.reads.includes(name)) && goal[name] !== values[name],
      ).length,
  );
  return counts.length === 0 ? null : Math.min(...counts);
}

test("the smallest change is as small as the one found by trying everything, and works", () => {
  fc.assert(
    fc.property(rules, facts, (conditions, values) => {
      const table = tableOf(conditions);
      const expected = fewestByEnumeration(table, values);
      const change = smallestChange(table, readings(values), 0);
      const count =
        change.kind === "none-needed"
          ? 0
          : change.kind === "changes"
            ? change.changes.length
            : null;
      assert.equal(count, expected);
      if (change.kind !== "changes") return;
      const changed = Object.fromEntries(
        change.changes.map(({ fact, to }) => [fact, { value: to }]),
      );
      assert.equal(evaluateTable(table, { ...readings(values), ...changed }, 0).outcome, "go");
    }),
  );
});
