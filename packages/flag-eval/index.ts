export { text, truthy } from "./coercion.ts";
export { compileFlagSet, FlagSet } from "./flag-set.ts";
export type {
  ErrorCode,
  Evaluation,
  EvaluationContext,
  Explanation,
  FlagMetadata,
  FlagProblem,
  FlagSetError,
  FlagValueType,
  Reason,
} from "./flag-set.ts";
export { bucketOf } from "./fractional.ts";
export type { Frame, Operator, Run, TraceStep } from "./logic.ts";
export { murmur3 } from "./murmur3.ts";
export { compileRule, OPERATORS } from "./operators.ts";
export { parseVersion, relateVersions } from "./sem-ver.ts";
export type { Version } from "./sem-ver.ts";
