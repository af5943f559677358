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

/**
 * How far a flag has come. Publishing makes a draft live; people, or what they ran, conclude it and
 * say when its code may go; archiving ends it.
 */
export const LIFECYCLES = ["draft", "live", "concluded", "clean-up", "archived"] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

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
  readonly lifecycle: Lifecycle;
  /** Words that lists, holdouts and bulk changes choose by; sorted, each once. */
  readonly tags: readonly string[];
}

/** Parts of 100,000, half-open: from 0 to 1 is the first part. */
export type PartRange = readonly [from: number, to: number];

/** Where a gate comes from; it says who may change it. */
export type GateSource =
  | { readonly kind: "layer"; readonly key: string }
  | { readonly kind: "holdout"; readonly key: string }
  | { readonly kind: "canary"; readonly name: string };

/**
 * Lets some units through and others not: those whose part, by the hash of salt and unit, lies in a
 * range, or outside of all with `negate`. A unit without the attribute passes no gate.
 */
export interface Gate {
  readonly source: GateSource;
  /** Hashed directly before the unit's value. */
  readonly salt: string;
  /** Attribute that names the unit. */
  readonly unit: string;
  /** In order, apart from each other. */
  readonly ranges: readonly PartRange[];
  readonly negate: boolean;
}

/** Another flag that must give one of these variants, in the same environment, to the same context. */
export interface Prerequisite {
  readonly flag: string;
  readonly variants: readonly string[];
}

/** A wish for slots of a layer; publishing turns it into a gate of that layer. */
export interface LayerClaim {
  readonly layer: string;
  /** 0 to 1, of all units of the layer. */
  readonly share: number;
}

/** Assigns once: a unit keeps the variant that it was given first in this phase. */
export interface Sticky {
  /** Attribute under which the unit may have been assigned before it was known, or null. */
  readonly fallbackUnit: string | null;
  /** Units that were assigned in an earlier phase than this are left out of the rule. */
  readonly minPhase: number;
}

/** One arm of a split; the order of the arms is part of the rule, see `ruleTargeting`. */
export interface Arm {
  readonly variant: string;
  /** 0 to 1; the shares of a split add up to 1. */
  readonly share: number;
  /**
   * The parts that it holds, once a weight was changed: an arm keeps what it had, so that only units
   * of arms whose share changed move. Without, arms lie side by side in their order.
   */
  readonly ranges?: readonly PartRange[];
}

/** `targeting` is for imported rules only: a flagd expression with its vendor's own operators. */
export type Serve =
  | { readonly variant: string }
  | { readonly split: readonly Arm[] }
  | { readonly targeting: Readonly<Record<string, unknown>> };

/** Gives some units a fixed variant: people who test, or an assignment made elsewhere. */
export interface Override {
  readonly when: Condition;
  readonly variant: string;
}

/** The frozen bucketing formulas. A rule keeps the one that it was made with. */
export const BUCKETINGS = [
  "flagd-v2",
  "unleash",
  "growthbook-1",
  "growthbook-2",
  "launchdarkly",
  "flagsmith",
  "eppo",
] as const;
export type Bucketing = (typeof BUCKETINGS)[number];

/**
 * The first rule that applies serves. A rule applies when its condition holds, its prerequisites are
 * met and the unit passes every gate, the last of which (`exposureShare`) overrides may pass by.
 */
export interface Rule {
  readonly id: string;
  readonly description: string;
  /** Null holds for everyone. */
  readonly when: Condition | null;
  readonly prerequisites: readonly Prerequisite[];
  /** Filled in when a revision is published, but for canaries, which people write. */
  readonly gates: readonly Gate[];
  readonly layers: readonly LayerClaim[];
  /** Served before the split, whatever the exposure is. */
  readonly overrides: readonly Override[];
  readonly serve: Serve;
  /** Share of the units that the gate lets in, 0 to 1. */
  readonly exposureShare: number;
  /** Seeds gate and split; another salt puts every unit into another bucket. */
  readonly salt: string;
  /** 1 first; a change that puts every unit into a new bucket opens the next one, with a new salt. */
  readonly phase: number;
  readonly sticky: Sticky | null;
  /** Attribute that names what is randomized. */
  readonly unit: string;
  readonly bucketing: Bucketing;
  /** Whether serving a variant is recorded as an exposure. */
  readonly recordExposure: boolean;
  readonly experimentId: string | null;
  /**
   * The running rollout that moves the exposure. Its guards compare: units that only the exposure holds
   * back are recorded as control. Written when a stage is published, never by people.
   */
  readonly rolloutId?: string;
  /**
   * Applies to nobody yet: the rule is that of an experiment that has not been started. Written when
   * a revision is published and taken away by the start, never by people.
   */
  readonly isHeld?: true;
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
