/** The rules that all contenders evaluate, in the words of each. */

export const USERS = 512;
const COUNTRIES = ["DE", "FR", "IT", "ES", "NL", "BE", "AT", "PL", "SE", "DK"];
const ELSEWHERE = ["US", "CA", "BR", "JP", "IN", "AU", "MX", "KR", "CN", "ZA"];

export interface User {
  readonly id: string;
  readonly country: string;
  readonly plan: string;
  readonly others: Readonly<Record<string, string>>;
}

/** Equal in all; `share` of the answers is on. */
export interface Rule {
  readonly name: string;
  readonly attributes: number;
  readonly share: readonly [number, number];
  readonly flagd: unknown;
  readonly unleash: readonly unknown[];
  readonly growthbook: readonly unknown[];
  readonly launchDarkly: readonly unknown[];
  readonly featurevisor: { readonly traffic: readonly unknown[]; readonly segments: object };
}

export const silent = { error() {}, warn() {}, info() {}, debug() {} };
export const variants = { on: true, off: false };

/** A fresh object from JSON, as a server gets it. */
export function parsed(value: unknown): Record<string, unknown>;
export function parsed(value: readonly unknown[]): unknown[];
export function parsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const inCountries = { contextName: "country", operator: "IN", values: COUNTRIES };
const rollout = (percent: number, constraints: readonly unknown[]): unknown => ({
  name: "flexibleRollout",
  parameters: { rollout: `${percent}`, stickiness: "userId", groupId: "bench" },
  constraints,
});
const seed = { cat: ["bench", { var: "targetingKey" }] };

function clause(attribute: string, values: readonly string[]): unknown {
  return { contextKind: "user", attribute, op: "in", values, negate: false };
}

const onlyPro = {
  share: [0.2, 0.5],
  flagd: { if: [{ "==": [{ var: "plan" }, "pro"] }, "on"] },
  unleash: [rollout(100, [{ contextName: "plan", operator: "IN", values: ["pro"] }])],
  growthbook: [{ condition: { plan: "pro" }, force: true }],
  launchDarkly: [{ id: "pro", clauses: [clause("plan", ["pro"])], variation: 0 }],
  featurevisor: {
    segments: {
      pro: { key: "pro", conditions: [{ attribute: "plan", operator: "equals", value: "pro" }] },
    },
    traffic: [{ key: "pro", segments: "pro", percentage: 100_000 }],
  },
} as const;

export const RULES: readonly Rule[] = [
  {
    name: "no rule",
    attributes: 8,
    share: [0, 0],
    flagd: undefined,
    unleash: [],
    growthbook: [],
    launchDarkly: [],
    featurevisor: { segments: {}, traffic: [] },
  },
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
    launchDarkly: [
      {
        id: "countries",
        clauses: [clause("country", COUNTRIES)],
        rollout: {
          kind: "rollout",
          contextKind: "user",
          variations: [
            { variation: 0, weight: 25_000 },
            { variation: 1, weight: 75_000 },
          ],
        },
      },
    ],
    featurevisor: {
      segments: {
        countries: {
          key: "countries",
          conditions: [{ attribute: "country", operator: "in", value: COUNTRIES }],
        },
      },
      traffic: [{ key: "countries", segments: "countries", percentage: 25_000 }],
    },
  },
];

export function makeUsers(attributes: number): readonly User[] {
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
