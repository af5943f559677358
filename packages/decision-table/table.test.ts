import assert from "node:assert/strict";
import { test } from "node:test";

import { compileTable, evaluateTable, smallestChange } from "./index.ts";
import type { CompiledTable, DecisionTable, FactDefinition, FactReadings } from "./index.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 24);

const yesNo = (name: string, to: boolean, words: string): FactDefinition => ({
  name,
  title: `whether ${name}`,
  type: { kind: "bool" },
  source: "form",
  change: { kind: "changeable", candidates: [to], words: { [String(to)]: words } },
});

const CATALOG: readonly FactDefinition[] = [
  yesNo("core", false, "Leave core systems out"),
  yesNo("flag", true, "Put it behind a flag"),
  {
    name: "weeks",
    title: "how long it takes",
    type: { kind: "number", min: 0, unit: "weeks" },
    source: "form",
    change: { kind: "changeable", candidates: [4, 3, 2, 1], words: { "*": "Cut it to {value}" } },
  },
  {
    name: "areas",
    title: "what it touches",
    type: { kind: "strings", values: { billing: "billing", consent: "consent", email: "email" } },
    source: "form",
    change: { kind: "changeable", candidates: [[]], words: { "*": "Leave out {removed}" } },
  },
  {
    name: "runs",
    title: "how often it ran",
    type: { kind: "number" },
    source: "history",
    maxAgeMs: 7 * DAY_MS,
    change: { kind: "fixed" },
  },
];

type Mode = "marathon" | "not_ready" | "sprint";

const TABLE: DecisionTable<Mode> = {
  id: "test",
  version: 1,
  rules: [
    {
      id: "R-01",
      title: "Touches billing or consent",
      when: `areas.exists(a, a in ["billing", "consent"])`,
      outcome: "marathon",
      because: "It touches {areas}.",
      otherwise: "It touches neither.",
      controls: ["staged"],
    },
    {
      id: "R-02",
      title: "Core without flag",
      when: "core && !flag",
      outcome: "marathon",
      because: "Core, no flag.",
      otherwise: "Not core, or flagged.",
    },
    {
      id: "R-03",
      title: "Too long",
      when: "weeks > 4",
      outcome: "marathon",
      because: "It takes {weeks}.",
      otherwise: "It takes {weeks}, at most 4.",
      shows: "{weeks}",
    },
    {
      id: "R-04",
      title: "Ran too often",
      when: "runs > 2",
      outcome: "marathon",
      because: "Third run.",
      otherwise: "Few runs.",
    },
    {
      id: "R-05",
      title: "No flag",
      when: "!flag",
      outcome: "not_ready",
      because: "No flag.",
      otherwise: "Flag.",
    },
  ],
  otherwise: { outcome: "sprint", because: "Small and easy to undo.", controls: ["flag"] },
};

function compiled(table: DecisionTable<Mode> = TABLE): CompiledTable<Mode> {
  const result = compileTable(table, CATALOG);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

const SPRINT: FactReadings = {
  core: { value: false },
  flag: { value: true },
  weeks: { value: 2 },
  areas: { value: ["email"] },
  runs: { value: 1, observedAtMs: NOW - DAY_MS },
};

const decide = (change: FactReadings) => evaluateTable(compiled(), { ...SPRINT, ...change }, NOW);

function refusal(when: string): string {
  const rule = {
    id: "X",
    title: "x",
    when,
    outcome: "marathon",
    because: "",
    otherwise: "",
  } as const;
  const result = compileTable({ ...TABLE, rules: [rule] }, CATALOG);
  assert.equal(result.ok, false, `${when} was accepted`);
  return result.ok ? "" : result.error.map(({ detail }) => detail).join(" ");
}

test("the answer at the end needs every rule to be a miss and every fact known", () => {
  const evaluation = decide({});
  assert.equal(evaluation.outcome, "sprint");
  assert.equal(evaluation.decidedBy, null);
  assert.deepEqual(evaluation.controls, ["flag"]);
  assert.ok(evaluation.rules.every(({ truth }) => truth === "miss"));
});

test("the first rule that hits decides and later hits are still traced", () => {
  const evaluation = decide({ areas: { value: ["billing", "email"] }, weeks: { value: 9 } });
  assert.equal(evaluation.decidedBy, "R-01");
  assert.equal(evaluation.reason, "It touches billing and email.");
  assert.deepEqual(
    evaluation.rules.map(({ truth }) => truth),
    ["hit", "miss", "hit", "miss", "miss"],
  );
  assert.equal(evaluation.rules[2]?.shows, "9 weeks");
});

test("a missing fact asks for information and is named", () => {
  const evaluation = decide({ weeks: undefined });
  assert.equal(evaluation.outcome, "needs_information");
  assert.equal(evaluation.decidedBy, "R-03");
  assert.deepEqual(evaluation.needs, ["weeks"]);
  assert.match(evaluation.reason, /how long it takes \(nobody has said it\)/);
});

test("text where a number belongs is unknown, never a miss", () => {
  const evaluation = decide({ weeks: { value: "2" } });
  assert.equal(evaluation.outcome, "needs_information");
  assert.match(evaluation.reason, /text where a number belongs/);
});

test("a number out of its range, not finite, or a value off the list is unknown", () => {
  for (const change of [
    { weeks: { value: -1 } },
    { weeks: { value: Number.NaN } },
    { areas: { value: ["bilingo"] } },
    { areas: { value: [1] } },
    { flag: { value: "true" } },
  ]) {
    assert.equal(decide(change).outcome, "needs_information", JSON.stringify(change));
  }
});

test("a misspelt column is reported and the fact that it meant stays unknown", () => {
  const { weeks: _, ...rest } = SPRINT;
  const evaluation = evaluateTable(compiled(), { ...rest, weks: { value: 2 } }, NOW);
  assert.deepEqual(evaluation.unrecognized, ["weks"]);
  assert.equal(evaluation.outcome, "needs_information");
});

test("a reading older than its limit, or of unknown age, is unknown", () => {
  assert.equal(decide({ runs: { value: 1, observedAtMs: NOW - 8 * DAY_MS } }).decidedBy, "R-04");
  assert.equal(decide({ runs: { value: 1 } }).outcome, "needs_information");
  assert.match(
    decide({ runs: { value: 1, observedAtMs: NOW - 8 * DAY_MS } }).reason,
    /8 days old and may be at most 7 days old/,
  );
});

test("no and unknown is no, yes or unknown is yes, as in Kleene's logic", () => {
  const evaluation = decide({ core: { value: false }, flag: undefined });
  assert.equal(evaluation.rules[1]?.truth, "miss");
  assert.equal(decide({ core: undefined, flag: undefined }).rules[1]?.truth, "unknown");
  assert.deepEqual(decide({ core: undefined, flag: undefined }).rules[1]?.unknownFacts, [
    "core",
    "flag",
  ]);
});

test("a miss in spite of a missing fact does not carry the answer at the end", () => {
  const evaluation = decide({ core: undefined });
  assert.equal(evaluation.rules[1]?.truth, "miss");
  assert.equal(evaluation.outcome, "needs_information");
  assert.deepEqual(evaluation.needs, ["core"]);
});

test("an evaluation without any fact asks for information instead of throwing", () => {
  const evaluation = evaluateTable(compiled(), {}, NOW);
  assert.equal(evaluation.decidedBy, "R-01");
  assert.equal(evaluation.outcome, "needs_information");
});

test("misspelt facts and values are refused with a suggestion when the table is compiled", () => {
  assert.match(refusal("weaks > 4"), /There is no fact weaks\. Did you mean weeks\?/);
  assert.match(refusal(`"biling" in areas`), /Did you mean billing\?/);
  assert.match(refusal(`areas.exists(a, a == "consnet")`), /Did you mean consent\?/);
});

test("wrong types, foreign functions, fields and constants are refused", () => {
  assert.match(refusal('weeks == "four"'), /cannot be compared/);
  assert.match(refusal("flag > 3"), /cannot be compared/);
  assert.match(refusal("weeks"), /gives a double/);
  assert.match(refusal("weeks * 2 > 4.0"), /write 4\.0/);
  assert.match(refusal(`"a".matches("b")`), /not allowed/);
  assert.match(refusal("weeks.months > 3"), /not allowed/);
  assert.match(refusal("has(areas.billing)"), /not allowed/);
  assert.match(refusal("1 < 2"), /reads no fact/);
  assert.match(refusal("weeks >"), /cannot be read/);
  assert.match(refusal("areas == areas"), /Lists cannot be compared/);
  assert.match(refusal("size(areas.map(a, a)) > 1"), /Only exists and all/);
});

test("a placeholder that names no fact, a rule id used twice and a reserved name are refused", () => {
  const [first] = TABLE.rules;
  assert.ok(first);
  const twice = compileTable({ ...TABLE, rules: [first, { ...first, because: "{wecks}" }] }, [
    ...CATALOG,
    yesNo("toString", true, ""),
  ]);
  assert.ok(!twice.ok);
  const details = twice.error.map(({ detail }) => detail).join(" ");
  assert.match(details, /listed twice/);
  assert.match(details, /no fact wecks/);
  assert.match(details, /"toString" cannot name a fact/);
});

test("the smallest change removes exactly what blocks, in words", () => {
  const change = smallestChange(
    compiled(),
    { ...SPRINT, areas: { value: ["billing", "email"] }, weeks: { value: 9 } },
    NOW,
  );
  assert.equal(change.kind, "changes");
  assert.ok(change.kind === "changes");
  assert.equal(change.words, "Leave out billing; Cut it to 4 weeks.");
  assert.deepEqual(change.changes.map(({ fact }) => fact).toSorted(), ["areas", "weeks"]);
});

test("the smallest change prefers one fact that settles two rules", () => {
  const change = smallestChange(
    compiled(),
    { ...SPRINT, core: { value: true }, flag: { value: false } },
    NOW,
  );
  assert.ok(change.kind === "changes");
  assert.deepEqual(
    change.changes.map(({ fact, to }) => [fact, to]),
    [["flag", true]],
  );
});

test("the smallest change supplies unknown facts, and says when nothing helps", () => {
  const supplied = smallestChange(compiled(), { ...SPRINT, weeks: undefined }, NOW);
  assert.ok(supplied.kind === "changes");
  assert.deepEqual(supplied.changes, [
    { fact: "weeks", from: null, to: 4, words: "State how long it takes (4 weeks would do)" },
  ]);
  const fixed = smallestChange(
    compiled(),
    { ...SPRINT, runs: { value: 3, observedAtMs: NOW } },
    NOW,
  );
  assert.ok(fixed.kind === "impossible");
  assert.deepEqual(fixed.rules, ["R-04"]);
  assert.deepEqual(smallestChange(compiled(), SPRINT, NOW), { kind: "none-needed" });
});

test("of two answers with as many changes the one with less effort wins", () => {
  const [core, flag, ...rest] = CATALOG;
  assert.ok(core?.change.kind === "changeable" && flag);
  const hard = [{ ...core, change: { ...core.change, effort: 5 } }, flag, ...rest];
  const rules = [
    {
      ...TABLE.rules[1],
      id: "X",
      title: "x",
      when: "core && !flag",
      outcome: "marathon",
      because: "",
      otherwise: "",
    } as const,
  ];
  const changed = (catalog: readonly FactDefinition[]) => {
    const table = compileTable({ ...TABLE, rules }, catalog);
    assert.ok(table.ok);
    const change = smallestChange(
      table.value,
      { core: { value: true }, flag: { value: false } },
      NOW,
    );
    return change.kind === "changes" ? change.changes.map(({ fact }) => fact) : change.kind;
  };
  assert.deepEqual(changed(CATALOG), ["core"]);
  assert.deepEqual(changed(hard), ["flag"]);
});
