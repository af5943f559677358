import type { Condition } from "./condition.ts";

export const FLAG_TYPES = ["boolean", "string", "number", "object"] as const;
export type FlagType = (typeof FLAG_TYPES)[number];

export const FLAG_KINDS = [
  "release",
  "experiment",
  "kill-switch",
  "permission",
  "configuration",
] as const;
export type FlagKind = (typeof FLAG_KINDS)[number];

export type FlagValue = boolean | string | number | Readonly<Record<string, unknown>>;

/** What a flag is, the same in every environment. */
export interface FlagDefinition {
  readonly key: string;
  readonly type: FlagType;
  /** By variant name; all values have the flag's type. */
  readonly variants: Readonly<Record<string, FlagValue>>;
  readonly description: string;
  /** Id of the person who answers for it. */
  readonly owner: string | null;
  readonly kind: FlagKind;
  readonly initiativeId: string | null;
  /** ISO instant after which the flag should be gone; a reminder, nothing stops by itself. */
  readonly expiresAt: string | null;
}

/** One arm of a split; the order of the arms is part of the rule, see `ruleTargeting`. */
export interface Arm {
  readonly variant: string;
  /** 0 to 1; the shares of a split add up to 1. */
  readonly share: number;
}

export type Serve = { readonly variant: string } | { readonly split: readonly Arm[] };

/** Gives some units a fixed variant: people who test, or an assignment made elsewhere. */
export interface Override {
  readonly when: Condition;
  readonly variant: string;
}

/** The frozen bucketing formulas. A rule keeps the one that it was made with. */
export const BUCKETINGS = ["flagd-v2"] as const;
export type Bucketing = (typeof BUCKETINGS)[number];

/** The first rule that applies serves; a rule applies when its condition holds and the gate is open. */
export interface Rule {
  readonly id: string;
  readonly description: string;
  /** Null holds for everyone. */
  readonly when: Condition | null;
  /** Served before the split, whatever the gate says. */
  readonly overrides: readonly Override[];
  readonly serve: Serve;
  /** Share of the units that the gate lets in, 0 to 1. */
  readonly exposureShare: number;
  /** Seeds gate and split; another salt puts every unit into another bucket. */
  readonly salt: string;
  /** Attribute that names what is randomized. */
  readonly unit: string;
  readonly bucketing: Bucketing;
  /** Whether serving a variant is recorded as an exposure. */
  readonly recordExposure: boolean;
  readonly experimentId: string | null;
}

/** What a flag does in one environment. */
export interface Configuration {
  readonly enabled: boolean;
  /** Served while not enabled; null leaves it to the default in the code. */
  readonly offVariant: string | null;
  /** Served when no rule applies; null leaves it to the default in the code. */
  readonly defaultVariant: string | null;
  readonly rules: readonly Rule[];
}

/** Everything that a revision fixes. Its digest is over the canonical JSON of this. */
export interface RevisionContent {
  readonly key: string;
  readonly type: FlagType;
  readonly kind: FlagKind;
  readonly initiativeId: string | null;
  readonly variants: Readonly<Record<string, FlagValue>>;
  readonly environment: string;
  readonly configuration: Configuration;
}

/** The content that publishing `configuration` in `environment` would fix. */
export function revisionContent(
  flag: FlagDefinition,
  environment: string,
  configuration: Configuration,
): RevisionContent {
  const { key, type, kind, initiativeId, variants } = flag;
  return { key, type, kind, initiativeId, variants, environment, configuration };
}
