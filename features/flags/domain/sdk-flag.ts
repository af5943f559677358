import type { EvaluationContext } from "@paceline/flag-eval";

import { comparedArms } from "./compared-arms.ts";
import { HELD_BACK } from "./comparison.ts";
import { needsTargetingKey, ruleIndexLogic, scopeOf } from "./compile-flag.ts";
import type { FlagdFlag, FindContent, ServerOnlyReason } from "./compile-flag.ts";
import type { Logic } from "./condition.ts";
import { serveFlag } from "./serve.ts";
import type { PublishedSet, ServedExposure, ServedFlag } from "./serve.ts";

/** A rule that records exposures, as our SDKs need it. */
export interface SdkRule {
  readonly id: string;
  readonly unit: string;
  readonly experimentId: string | null;
}

/** An arm of a rollout's comparison; who is held back is recorded as its control. */
export interface SdkArm extends SdkRule {
  readonly isHeldBack: boolean;
}

/** What our SDKs need to serve one flag exactly as the server does. */
export type SdkFlag =
  | { readonly server: ServerOnlyReason }
  | {
      readonly flag: FlagdFlag;
      /** Revision in which it was published; part of an exposure. */
      readonly revision: number;
      readonly needsTargetingKey: boolean;
      /** Which rule applies, and by its index what it records; null where nothing is recorded. */
      readonly recording: {
        readonly index: Logic;
        readonly rules: readonly (SdkRule | null)[];
      } | null;
      /** The arms of a rollout's comparison, and by which expression a unit is in one. */
      readonly comparison: { readonly index: Logic; readonly arms: readonly SdkArm[] } | null;
    };

/** One flag of a set for evaluation by an SDK; null if the set has no such flag. */
export function sdkFlag(set: PublishedSet, key: string): SdkFlag | null {
  const reason = set.serverOnly.get(key);
  if (reason !== undefined) return { server: reason };
  const published = set.flags.get(key);
  const flag = set.document.flags[key];
  if (published === undefined || flag === undefined) return null;
  const { content, revision } = published;
  const find: FindContent = (other) => set.flags.get(other)?.content ?? null;
  const { enabled, rules } = content.configuration;
  const scope = scopeOf(content, find);
  const compared = enabled ? comparedArms(rules, scope) : null;
  const records = enabled && rules.some(({ recordExposure }) => recordExposure);
  return {
    flag,
    revision,
    needsTargetingKey: needsTargetingKey(content, find),
    recording: records
      ? {
          index: ruleIndexLogic(rules, scope),
          rules: rules.map(({ id, unit, experimentId, recordExposure }) =>
            recordExposure ? { id, unit, experimentId } : null,
          ),
        }
      : null,
    comparison:
      compared === null
        ? null
        : {
            index: compared.index,
            arms: compared.arms.map(({ rule, comparisonId, arm }) => ({
              id: rule.id,
              unit: rule.unit,
              experimentId: comparisonId,
              isHeldBack: arm === HELD_BACK,
            })),
          },
  };
}

/** What one context is served, for a client that must not see rules. */
export interface SdkValue {
  /** Absent: use the default in the code. */
  readonly value?: unknown;
  readonly variant?: string;
  readonly reason: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly metadata: ServedFlag["evaluation"]["metadata"];
  /** What reading the value must be reported as. */
  readonly exposure?: SdkExposure;
  /** That reading it counts the unit as a control of a rollout. */
  readonly heldBack?: SdkExposure;
}

/** An exposure that a client is to report when its value is read. */
export interface SdkExposure {
  readonly revision: number;
  readonly ruleId: string;
  readonly variant: string;
  readonly unit: string;
  readonly experimentId: string | null;
  readonly isRequired: boolean;
}

function exposureOf({ flagKey: _key, ...exposure }: ServedExposure): SdkExposure {
  return exposure;
}

/** Serves one flag to one context without exposing it; null if the set has no such flag. */
export function sdkValue(
  set: PublishedSet,
  key: string,
  context: EvaluationContext,
  nowMs: number,
): SdkValue | null {
  if (!set.compiled.has(key)) return null;
  const { evaluation, exposure, heldBack } = serveFlag(set, key, context, nowMs);
  const { value, variant, reason, errorCode, errorMessage, metadata } = evaluation;
  return {
    ...(value === undefined ? {} : { value }),
    ...(variant === undefined ? {} : { variant }),
    reason,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    metadata,
    ...(exposure === null ? {} : { exposure: exposureOf(exposure) }),
    ...(heldBack === null ? {} : { heldBack: exposureOf(heldBack) }),
  };
}
