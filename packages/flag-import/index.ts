export type { Bucketing, FlagdDocument, FlagdFlag, FlagReport, Imported } from "./imported.ts";
export { importUnleash, variantFlagKey } from "./unleash/import.ts";
export { unleashOperators } from "./unleash/operators.ts";
export { eppoDetails } from "./eppo/details.ts";
export type { EppoDetails } from "./eppo/details.ts";
export { importEppo } from "./eppo/import.ts";
export { eppoOperators } from "./eppo/operators.ts";
export { Conditions as GrowthbookConditions } from "./growthbook/condition.ts";
export { growthbookExperiment, growthbookFeature } from "./growthbook/feature.ts";
export type { FeatureResult, FeatureRun, GrowthbookOptions } from "./growthbook/feature.ts";
export {
  bucketRanges,
  chooseVariation,
  equalWeights,
  growthbookHash,
  inNamespace,
  queryStringOverride,
} from "./growthbook/hash.ts";
export { importGrowthbook } from "./growthbook/import.ts";
export { growthbookOperators } from "./growthbook/operators.ts";
export { launchdarklyEvaluation } from "./launchdarkly/evaluation.ts";
export type { LaunchdarklyEvaluation } from "./launchdarkly/evaluation.ts";
export { importLaunchdarkly } from "./launchdarkly/import.ts";
export { launchdarklyOperators } from "./launchdarkly/operators.ts";
export { flagsmithEvaluation, importFlagsmith } from "./flagsmith/import.ts";
export type { FlagsmithResult } from "./flagsmith/feature.ts";
export { flagsmithOperators } from "./flagsmith/operators.ts";
