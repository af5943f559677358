import { asExposure, textOf } from "../exposure.ts";
import type { FlatEvent } from "../flat-event.ts";
import { clip } from "./record.ts";
import type { Attributes } from "./values.ts";

/** The event names of the semantic conventions for flags, newest first. */
const NAMES: readonly string[] = ["feature_flag.evaluation", "feature_flag"];

export function isFlagEvaluation(name: string): boolean {
  return NAMES.includes(name);
}

/**
 * The exposure that a flag evaluation reports, or null: one that failed, or that names no variant,
 * showed nobody anything.
 *
 * @param event the record or span that carries the evaluation
 */
export function flagExposure(event: FlatEvent, attributes: Attributes): FlatEvent | null {
  const flagKey = textOf(attributes["feature_flag.key"]);
  const variant =
    textOf(attributes["feature_flag.result.variant"]) ??
    textOf(attributes["feature_flag.variant"]) ??
    textOf(attributes["feature_flag.result.value"]);
  const reason = textOf(attributes["feature_flag.result.reason"]) ?? "";
  if (flagKey === null || variant === null || reason.toLowerCase() === "error") return null;
  const unit = textOf(attributes["feature_flag.context.id"]);
  const revision = textOf(attributes["feature_flag.version"]) ?? "";
  const exposure = asExposure(event, { flagKey, experimentId: null, revision, variant });
  return unit === null ? exposure : { ...exposure, unit: clip(unit) };
}
