/**
 * Compares our evaluator with flagd-core, Unleash and GrowthBook: the same rules, the same users,
 * one process, rounds interleaved in turning order.
 *
 *   npm run bench:flag-eval -- [--rounds 21] [--json]
 *
 * Prints, for each rule, our median time and how many times longer the others take: the median of
 * the rounds' ratios and their 10th to 90th percentile. Answers are compared first.
 */
import { EventEmitter } from "node:events";
import { parseArgs } from "node:util";

import { GrowthBookClient } from "@growthbook/growthbook";
import { FlagdCore } from "@openfeature/flagd-core";
import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";
import { Unleash } from "unleash-client";

const EVALUATIONS = 20_000;
const USERS = 512;
const COUNTRIES = ["DE", "FR", "IT", "ES", "NL", "BE", "AT", "PL", "SE", "DK"];
const ELSEWHERE = ["US", "CA", "BR", "JP", "IN", "AU", "MX", "KR", "CN", "ZA"];

interface User {
  readonly id: string;
  readonly country: string;
  readonly plan: string;
  readonly others: Readonly<Record<string, string>>;
}

/** Equal in all four; `share` of the answers is on. */
interface Rule {
  readonly name: string;
  readonly attributes: number;
  readonly share: readonly [number, number];
  readonly flagd: unknown;
  readonly unleash: readonly unknown[];
  readonly growthbook: readonly unknown[];
}

const inCountries = { contextName: "country", operator: "IN", values: COUNTRIES };
const rollout = (percent: number, constraints: readonly unknown[]): unknown => ({
  name: "flexibleRollout",
  parameters: { rollout: `${percent}`, stickiness: "userId", groupId: "bench" },
  constraints,
});
const seed = { cat: ["bench", { var: "targetingKey" }] };

const onlyPro = {
  share: [0.2, 0.5],
  flagd: { if: [{ "==": [{ var: "plan" }, "pro"] }, "on"] },
  unleash: [rollout(100, [{ contextName: "plan", operator: "IN", values: ["pro"] }])],
  growthbook: [{ condition: { plan: "pro" }, force: true }],
} as const;

const RULES: readonly Rule[] = [
  { name: "no rule", attributes: 8, share: [0, 0], flagd: undefined, unleash: [], growthbook: [] },
  { ...onlyPro, name: "one ==, 8 attributes", attributes: 8 },
  { ...onlyPro, name: "one ==, 20 attributes", attributes: 20 },
  {
    name: "10 countries and 25 %",
    attributes: 20,
    share: [0.05, 0.2],
    flagd: {
      if: [
        {
          and: [
            { in: [{ var: "country" }, COUNTRIES] },
            { fractional: [seed, [true, 25_000], [false, 75_000]] },
          ],
        },
        "on",
      ],
    },
    unleash: [rollout(25, [inCountries])],
    growthbook: [
      {
        condition: { country: { $in: COUNTRIES } },
        coverage: 0.25,
        hashAttribute: "id",
        hashVersion: 2,
        force: true,
      },
    ],
  },
];

function makeUsers(attributes: number): readonly User[] {
  return Array.from({ length: USERS }, (_, index) => {
    const others: Record<string, string> = {};
    for (let extra = 3; extra < attributes; extra += 1)
      others[`attribute${extra}`] = `v${index % 7}`;
    return {
      id: `user-${index}`,
      country: [...COUNTRIES, ...ELSEWHERE][index % 20] ?? "DE",
      plan: ["free", "pro", "team"][index % 3] ?? "free",
      others,
    };
  });
}

type Evaluate = (index: number) => boolean;

const variants = { on: true, off: false };

/** A fresh object from JSON for every user, as a server gets it. */
function parsed(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value));
}

function own(rule: Rule, users: readonly User[]): Evaluate {
  const { flagd: targeting } = rule;
  const flag = { state: "ENABLED", variants, defaultVariant: "off", targeting };
  const compiled = compileFlagSet(parsed({ flags: { bench: flag } }));
  if (!compiled.ok) throw new Error(compiled.error.kind);
  const set = compiled.value;
  const contexts: EvaluationContext[] = users.map(({ id, country, plan, others }) =>
    parsed({ targetingKey: id, country, plan, ...others }),
  );
  const nowMs = Date.now();
  return (index) => set.resolve("boolean", "bench", contexts[index] ?? {}, nowMs).value === true;
}

function flagdCore(rule: Rule, users: readonly User[]): Evaluate {
  const silent = { error() {}, warn() {}, info() {}, debug() {} };
  const core = new FlagdCore(undefined, silent);
  const { flagd: targeting } = rule;
  const flag = { state: "ENABLED", variants, defaultVariant: "off", targeting };
  core.setConfigurations(JSON.stringify({ flags: { bench: flag } }));
  const contexts = users.map(({ id, country, plan, others }) => ({
    ...JSON.parse(JSON.stringify({ targetingKey: id, country, plan, ...others })),
  }));
  return (index) => core.resolveBooleanEvaluation("bench", false, contexts[index], silent).value;
}

class OneToggle extends EventEmitter {
  readonly #toggle: Record<string, unknown>;

  constructor(toggle: Record<string, unknown>) {
    super();
    this.#toggle = toggle;
  }

  getToggle(name: string): unknown {
    return name === "bench" ? this.#toggle : undefined;
  }
  getToggles(): unknown {
    return [this.#toggle];
  }
  getTogglesWithSegmentData(): unknown {
    return [this.#toggle];
  }
  getSegment(): unknown {
    return undefined;
  }
  stop(): void {}
  async start(): Promise<void> {
    await Promise.resolve();
  }
}

function unleash(rule: Rule, users: readonly User[]): Evaluate {
  const toggle = parsed({
    name: "bench",
    type: "release",
    enabled: rule.unleash.length > 0,
    strategies: rule.unleash,
    variants: [],
  });
  const repository = new OneToggle(toggle);
  const client = new Unleash({
    appName: "bench",
    url: "http://127.0.0.1:1/",
    disableMetrics: true,
    disableAutoStart: true,
    repository: repository as never,
  });
  const contexts = users.map(({ id, country, plan, others }) => ({
    userId: id,
    properties: JSON.parse(JSON.stringify({ country, plan, ...others })),
  }));
  repository.emit("ready");
  return (index) => client.isEnabled("bench", contexts[index], false);
}

function growthbook(rule: Rule, users: readonly User[]): Evaluate {
  const client = new GrowthBookClient();
  client.initSync({
    payload: parsed({ features: { bench: { defaultValue: false, rules: rule.growthbook } } }),
  });
  const contexts = users.map(({ id, country, plan, others }) => ({
    attributes: parsed({ id, country, plan, ...others }),
  }));
  return (index) => client.isOn("bench", contexts[index] ?? { attributes: {} });
}

const CONTENDERS: readonly (readonly [string, (rule: Rule, users: readonly User[]) => Evaluate])[] =
  [
    ["paceline", own],
    ["flagd-core", flagdCore],
    ["unleash", unleash],
    ["growthbook", growthbook],
  ];

let sink = 0;

function timeNs(evaluate: Evaluate): number {
  const startedAt = process.hrtime.bigint();
  for (let turn = 0; turn < EVALUATIONS; turn += 1) if (evaluate(turn % USERS)) sink += 1;
  return Number(process.hrtime.bigint() - startedAt) / EVALUATIONS;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
}

function checkAnswers(rule: Rule, names: readonly string[], evaluators: readonly Evaluate[]): void {
  const answers = evaluators.map((evaluate) =>
    Array.from({ length: USERS }, (_, i) => evaluate(i)),
  );
  for (const [contender, list] of answers.entries()) {
    const share = list.filter(Boolean).length / USERS;
    if (share < rule.share[0] || share > rule.share[1]) {
      throw new Error(`${names[contender]}, ${rule.name}: ${share} of the answers are on`);
    }
  }
  if (answers[0]?.some((answer, index) => answer !== answers[1]?.[index])) {
    throw new Error(`${rule.name}: flagd-core answers otherwise`);
  }
}

interface Row {
  readonly rule: string;
  readonly ownNs: number;
  readonly ratios: Readonly<Record<string, { median: number; p10: number; p90: number }>>;
}

function measure(rule: Rule, rounds: number): Row {
  const users = makeUsers(rule.attributes);
  const names = CONTENDERS.map(([name]) => name);
  const evaluators = CONTENDERS.map(([, make]) => make(rule, users));
  checkAnswers(rule, names, evaluators);
  const times: number[][] = names.map(() => []);
  for (const evaluate of evaluators) timeNs(evaluate);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const contender = (turn + round) % names.length;
      const evaluate = evaluators[contender];
      if (evaluate !== undefined) times[contender]?.push(timeNs(evaluate));
    }
  }
  const ownTimes = times[0] ?? [];
  const ratios = Object.fromEntries(
    names.slice(1).map((name, index) => {
      const list = (times[index + 1] ?? []).map((time, round) => time / (ownTimes[round] ?? 1));
      return [
        name,
        { median: percentile(list, 0.5), p10: percentile(list, 0.1), p90: percentile(list, 0.9) },
      ];
    }),
  );
  return { rule: rule.name, ownNs: percentile(ownTimes, 0.5), ratios };
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "21" }, json: { type: "boolean", default: false } },
});
const rows = RULES.map((rule) => measure(rule, Number(values.rounds)));
if (values.json) {
  console.log(JSON.stringify({ node: process.version, rounds: Number(values.rounds), rows }));
} else {
  console.log(`times longer than paceline: median (p10 to p90) of ${values.rounds} rounds\n`);
  for (const { rule, ownNs, ratios } of rows) {
    const others = Object.entries(ratios).map(
      ([name, { median, p10, p90 }]) =>
        `${name} ${median.toFixed(1)}x (${p10.toFixed(1)} to ${p90.toFixed(1)})`,
    );
    console.log(
      `${rule.padEnd(24)} paceline ${ownNs.toFixed(0).padStart(4)} ns   ${others.join("   ")}`,
    );
  }
}
if (sink < 0) console.log(sink);
