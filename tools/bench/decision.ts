/**
 * `npm run bench:decision`: decisions per second of the default policy with its full trace, beside
 * plain CEL in the same order (stops at the first hit, no unknowns, no reasons) and a hand-written
 * chain of ifs. The three take turns in every round, so that a busy machine slows all of them.
 */
import { celEnv, parse, plan } from "@bufbuild/cel";
import { evaluateTable, smallestChange } from "@paceline/decision-table";
import type { FactValue } from "@paceline/decision-table";
import {
  caseReadings,
  compilePolicy,
  DEFAULT_POLICY,
  DEFAULT_POLICY_CASES,
} from "@paceline/initiatives/domain";

const ROUNDS = 15;
const ROUND_MS = 200;

const compiled = compilePolicy(DEFAULT_POLICY, [], "");
if (!compiled.ok) throw new Error("the default policy does not compile", { cause: compiled.error });
const { table } = compiled.value;
const readings = DEFAULT_POLICY_CASES.map(({ facts }) => caseReadings(facts, 0));

/** The rivals know no unknown facts, so they get the cases in which every fact is known and typed. */
const complete = DEFAULT_POLICY_CASES.filter(({ facts, expect }) => {
  const known = table.reads.every((name) => facts[name] !== null && facts[name] !== undefined);
  return known && expect.outcome !== "needs_information";
});
const completeReadings = complete.map(({ facts }) => caseReadings(facts, 0));
const completeFacts = complete.map(({ facts }) => {
  const known = Object.entries(facts).filter(
    (entry): entry is [string, FactValue] => entry[1] !== null,
  );
  return Object.fromEntries(known);
});

const environment = celEnv();
const cells = DEFAULT_POLICY.rules.map(({ when, outcome }) => ({
  evaluate: plan(environment, parse(when)),
  outcome,
}));

function plainCel(facts: Record<string, FactValue>): string {
  for (const { evaluate, outcome } of cells) if (evaluate(facts) === true) return outcome;
  return DEFAULT_POLICY.otherwise.outcome;
}

function plainCelAllRules(facts: Record<string, FactValue>): string {
  const answers = cells.map(({ evaluate }) => evaluate(facts) === true);
  return cells[answers.indexOf(true)]?.outcome ?? DEFAULT_POLICY.otherwise.outcome;
}

const DOMAINS = new Set([
  "customer-identity",
  "billing",
  "consent",
  "shared-schema",
  "identity-infrastructure",
  "cross-system-orchestration",
  "email-sender-reputation",
]);
const TACTICAL = new Set<unknown>([
  "security_hardening",
  "identity_resolution",
  "enterprise_automation",
]);

function ifChain(facts: Record<string, FactValue>): string {
  const { riskDomains, touchesCoreSystems, purpose, durationWeeks, expectedIterations } = facts;
  const { plannedSprints, eachSprintLeavesModule, iterationsUsed, automatedAuditEvidence } = facts;
  const ready =
    facts["hasHypothesis"] === true &&
    facts["hasTelemetryPlan"] === true &&
    facts["hasRollbackPlan"] === true &&
    facts["hasOwner"] === true &&
    facts["hasFeatureFlag"] === true &&
    facts["hasDependencyMap"] === true &&
    facts["hasAuditTrail"] === true;
  const weeks = Number(durationWeeks);
  const sprints = Number(plannedSprints);
  if (Array.isArray(riskDomains) && riskDomains.some((domain) => DOMAINS.has(domain)))
    return "marathon";
  if (Array.isArray(riskDomains) && riskDomains.length > 0) return "marathon";
  if (TACTICAL.has(purpose)) return "marathon";
  if (touchesCoreSystems === true && !ready) return "marathon";
  if (Number(iterationsUsed) > 2 || Number(expectedIterations) > 2) return "marathon";
  const chained = purpose === "platform_work" && sprints >= 2 && sprints <= 6;
  if (chained && eachSprintLeavesModule === true && weeks <= sprints * 4) return "hybrid";
  if (weeks > 4) return "marathon";
  if (automatedAuditEvidence !== true) return "platform_first";
  return ready ? "sprint" : "not_ready";
}

for (const [index, { expect, name }] of complete.entries()) {
  const facts = completeFacts[index] ?? {};
  for (const answer of [plainCel(facts), plainCelAllRules(facts), ifChain(facts)]) {
    if (answer !== expect.outcome) throw new Error(`a rival answers ${answer} for "${name}"`);
  }
}

interface Contender {
  readonly name: string;
  readonly inputs: number;
  readonly run: (index: number) => unknown;
  readonly perSecond: number[];
}

function contender<T>(name: string, inputs: readonly T[], run: (input: T) => unknown): Contender {
  return {
    name,
    inputs: inputs.length,
    run: (index) => {
      const input = inputs[index % inputs.length];
      return input === undefined ? null : run(input);
    },
    perSecond: [],
  };
}

const contenders = [
  contender("decision table, full trace", completeReadings, (input) =>
    evaluateTable(table, input, 0),
  ),
  contender("… on all cases, unknown facts too", readings, (input) =>
    evaluateTable(table, input, 0),
  ),
  contender("… and the smallest change", readings, (input) => [
    evaluateTable(table, input, 0),
    smallestChange(table, input, 0),
  ]),
  contender("plain CEL, every rule, no trace", completeFacts, plainCelAllRules),
  contender("plain CEL, first hit only", completeFacts, plainCel),
  contender("chain of ifs, first hit only", completeFacts, ifChain),
];

/** Keeps results alive, so that no contender can be optimized away. */
let kept: unknown = null;

function round({ run, perSecond, inputs }: Contender, isWarmUp: boolean): void {
  const startedAt = performance.now();
  let count = 0;
  let elapsedMs = 0;
  while (elapsedMs < ROUND_MS) {
    for (let index = 0; index < inputs; index += 1) kept = run(index);
    count += inputs;
    elapsedMs = performance.now() - startedAt;
  }
  if (!isWarmUp) perSecond.push((count / elapsedMs) * 1000);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

for (const one of contenders) round(one, true);
for (let index = 0; index < ROUNDS; index += 1) for (const one of contenders) round(one, false);

const base = contenders[0]?.perSecond ?? [];
const FORMAT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const number = (value: number) => FORMAT.format(value);
const range = (values: readonly number[], show: (value: number) => string) =>
  `${show(quantile(values, 0.1))} to ${show(quantile(values, 0.9))}`;

console.log(
  `default policy: ${table.rules.length} rules, ${table.catalog.size} facts, ${readings.length} cases (${complete.length} complete), ${ROUNDS} rounds`,
);
console.log(
  `${"".padEnd(36)}${"decisions/s".padStart(12)}${"10 to 90 %".padStart(26)}${"ratio".padStart(9)}${"10 to 90 %".padStart(20)}`,
);
for (const { name, perSecond } of contenders) {
  // Ratios are taken within a round, where all contenders met the same machine.
  const ratios = perSecond.map((value, index) => value / (base[index] ?? Number.NaN));
  const median = number(quantile(perSecond, 0.5));
  const ratio = `${quantile(ratios, 0.5).toFixed(2)}x`;
  const spread = range(ratios, (value) => value.toFixed(2));
  console.log(
    `${name.padEnd(36)}${median.padStart(12)}${range(perSecond, number).padStart(26)}${ratio.padStart(9)}${spread.padStart(20)}`,
  );
}
if (kept === undefined) console.log("nothing was kept");
