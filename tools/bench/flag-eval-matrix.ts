/** flagd-evaluator's published matrix (its BENCHMARKS.md): its flags, its contexts, its names. */

interface Flag {
  readonly state: "ENABLED" | "DISABLED";
  readonly defaultVariant: string;
  readonly variants: Readonly<Record<string, unknown>>;
  readonly targeting?: unknown;
}

export interface Scenario {
  readonly id: string;
  readonly name: string;
  /** Null: the flag is asked for and not there. */
  readonly flag: Flag | null;
  readonly context: Readonly<Record<string, unknown>>;
}

const onOff = { on: true, off: false };

export const simple: Flag = { state: "ENABLED", defaultVariant: "on", variants: onOff };

const targeted: Flag = {
  state: "ENABLED",
  defaultVariant: "off",
  variants: onOff,
  targeting: { if: [{ "==": [{ var: "tier" }, "premium"] }, "on", "off"] },
};

const complex: Flag = {
  state: "ENABLED",
  defaultVariant: "basic",
  variants: { premium: "premium-tier", standard: "standard-tier", basic: "basic-tier" },
  targeting: {
    if: [
      { and: [{ "==": [{ var: "tier" }, "premium"] }, { ">": [{ var: "score" }, 90] }] },
      "premium",
      {
        if: [
          { or: [{ "==": [{ var: "tier" }, "standard"] }, { ">": [{ var: "score" }, 50] }] },
          "standard",
          "basic",
        ],
      },
    ],
  },
};

function withTargeting(variants: Flag["variants"], targeting: unknown): Flag {
  const [defaultVariant = ""] = Object.keys(variants);
  return { state: "ENABLED", defaultVariant, variants, targeting };
}

const two = withTargeting(
  { a: "a", b: "b" },
  {
    fractional: [
      ["a", 50],
      ["b", 50],
    ],
  },
);
const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
const eight = withTargeting(Object.fromEntries(names.map((name) => [name, name])), {
  fractional: [{ cat: ["seed-", { var: "targetingKey" }] }, ...names.map((name) => [name, 10])],
});
const when = (condition: unknown): Flag => withTargeting(onOff, { if: [condition, "on", "off"] });

const small = {
  targetingKey: "user-123",
  tier: "premium",
  role: "admin",
  region: "us-east",
  score: 85,
};
const large: Record<string, unknown> = { ...small };
for (let index = 0; index < 100; index += 1) {
  large[`attr_${index}`] = [`value-${index}`, index, index % 2 === 0][index % 3];
}
const versioned = { ...small, version: "2.3.4", email: "someone@example.com" };

export const MATRIX: readonly Scenario[] = [
  { id: "E1", name: "static flag, empty context", flag: simple, context: {} },
  { id: "E2", name: "static flag, 5 attributes", flag: simple, context: small },
  { id: "E3", name: "static flag, 105 attributes", flag: simple, context: large },
  { id: "E4", name: "one ==, 5 attributes", flag: targeted, context: small },
  { id: "E5", name: "one ==, 105 attributes", flag: targeted, context: large },
  { id: "E6", name: "nested and/or, 5 attributes", flag: complex, context: small },
  { id: "E7", name: "nested and/or, 105 attributes", flag: complex, context: large },
  { id: "E8", name: "rule that matches", flag: targeted, context: small },
  { id: "E9", name: "rule that does not", flag: targeted, context: { ...small, tier: "free" } },
  { id: "E10", name: "disabled flag", flag: { ...simple, state: "DISABLED" }, context: {} },
  { id: "E11", name: "missing flag", flag: null, context: {} },
  { id: "O1", name: "fractional, 2 arms", flag: two, context: small },
  { id: "O2", name: "fractional, 8 arms, own seed", flag: eight, context: small },
  {
    id: "O3",
    name: "sem_ver =",
    flag: when({ sem_ver: [{ var: "version" }, "=", "2.3.4"] }),
    context: versioned,
  },
  {
    id: "O4",
    name: "sem_ver ^",
    flag: when({ sem_ver: [{ var: "version" }, "^", "2.0.0"] }),
    context: versioned,
  },
  {
    id: "O5",
    name: "starts_with",
    flag: when({ starts_with: [{ var: "email" }, "some"] }),
    context: versioned,
  },
  {
    id: "O6",
    name: "ends_with",
    flag: when({ ends_with: [{ var: "email" }, "example.com"] }),
    context: versioned,
  },
];

/** Flags of five shapes, as a large set has them. */
export function manyFlags(count: number): Readonly<Record<string, Flag>> {
  const shapes = [simple, targeted, complex, two, eight];
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `flag-${index}`,
      shapes[index % shapes.length] ?? simple,
    ]),
  );
}
