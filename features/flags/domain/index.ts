export { anchoredRule } from "./anchor.ts";
export { configurationFaults, definitionFaults, tagsOf, withExposure } from "./check-flag.ts";
export { compileFlag, serverOnly } from "./compile-flag.ts";
export type { FindContent, FlagdFlag, ServerOnlyReason } from "./compile-flag.ts";
export { completeConfiguration, fromStored } from "./complete.ts";
export type { ConfigurationInput, RuleInput, StoredConfiguration, StoredRule } from "./complete.ts";
export { comparisonOf } from "./compared-arms.ts";
export { HELD_BACK, rolloutComparison } from "./comparison.ts";
export type { RolloutComparison } from "./comparison.ts";
export {
  conditionFaults,
  isAttribute,
  isCondition,
  OPERATORS,
  TARGETING_KEY,
} from "./condition.ts";
export type { Comparison, Condition, ConditionOperator, Fault } from "./condition.ts";
export { exposesMore, servesMore } from "./exposing.ts";
export { exposureSteps } from "./exposure-steps.ts";
export type { ExposureSteps, RulesInForce } from "./exposure-steps.ts";
export type { CheckTrace, ClauseTrace, RuleTrace } from "./explain.ts";
export { differences } from "./diff.ts";
export type { Difference } from "./diff.ts";
export { SHADOW_PREFIX, SHADOW_TAG } from "./internal.ts";
export { revisionContent } from "./flag.ts";
export type {
  Arm,
  Bucketing,
  Configuration,
  FlagDefinition,
  FlagKind,
  FlagType,
  FlagValue,
  Gate,
  GateSource,
  LayerClaim,
  Lifecycle,
  Override,
  PartRange,
  Prerequisite,
  RevisionContent,
  Rule,
  Serve,
  Sticky,
} from "./flag.ts";
export { lifecycleRefusal } from "./lifecycle.ts";
export type { SettableLifecycle } from "./lifecycle.ts";
export { addLatencies, latencyBucket, timeToShare } from "./latency.ts";
export type { LatencyCounts } from "./latency.ts";
export { reachOf } from "./reach.ts";
export type { Reach, ReachedRule, VariantCounts } from "./reach.ts";
export {
  disagreeing,
  disagreementWords,
  PROBE_ANSWERS,
  PROBE_CONFIGURATION,
  PROBE_DEFINITION,
  PROBE_FLAG_KEY,
  PROBE_KEYS,
  probeFlag,
  runningBucketing,
} from "./parity.ts";
export type { EvaluatingClients, ProbeAnswers, RunningBucketing } from "./parity.ts";
export { sdkFlag, sdkValue } from "./sdk-flag.ts";
export type { SdkFlag, SdkRule, SdkValue } from "./sdk-flag.ts";
export {
  dueState,
  HOLDOUT_STATES,
  holdoutFaults,
  holdoutGate,
  holdsOut,
  isHeldOut,
  isInScope,
  isServing,
  sliceOf,
  sliceParts,
  withHoldout,
} from "./holdout.ts";
export type { Holdout, HoldoutScope, HoldoutSlice, HoldoutState } from "./holdout.ts";
export { minusRanges, PARTS, widthOf } from "./parts.ts";
export {
  allocate,
  fillOf,
  heldRanges,
  holdersOf,
  permitted,
  standingLines,
  stretchesOf,
} from "./slots.ts";
export type { Fill, Layer, SlotEntry, SlotHolder, Stretch } from "./slots.ts";
export { phaseWarnings, rebucketedRules } from "./phases.ts";
export type { Warning } from "./phases.ts";
export { askedFlags, dependentFaults, needsOf, prerequisiteFaults } from "./prerequisites.ts";
export type { Need } from "./prerequisites.ts";
export { changedKeys, changedSet, emptySet, explainFlag, serveAll, serveFlag } from "./serve.ts";
export { withAssignments } from "./sticky.ts";
export type { Assignment, Known, StickyRule } from "./sticky.ts";
export { freshAssignment, stickyRulesOf, stickyUnits } from "./serve-sticky.ts";
export type {
  DocumentMetadata,
  Published,
  PublishedSet,
  ServedExplanation,
  ServedExposure,
  ServedFlag,
} from "./serve.ts";
export { summarizeAttributes } from "./context-attributes.ts";
export type { AttributeSummary } from "./context-attributes.ts";
export { keptText, rankOf, rankPosition, rankText } from "./context-sample.ts";
export type { ContextSample, SampledContext } from "./context-sample.ts";
export { comparisonCautions, withKnownGates } from "./compare-cautions.ts";
export { startComparison } from "./compare.ts";
export type {
  ComparisonRun,
  ExperimentMove,
  FlagComparison,
  FlipExample,
  RuleMove,
  RuleReach,
  UnitShare,
  VariantFlow,
} from "./compare.ts";
export { flagTestFaults, runFlagTests } from "./flag-test.ts";
export type { FlagTest, FlagTestResult, TestBucket, TestExpectation } from "./flag-test.ts";
export { staleFlag } from "./stale.ts";
export type {
  StaleCandidate,
  StaleEnvironment,
  StaleFlag,
  StaleProposal,
  StaleReason,
  StaleReferences,
  StaleRule,
} from "./stale.ts";
export { promotedConfiguration } from "./promote.ts";
export type { PromoteOptions } from "./promote.ts";
