export { meanEstimate, proportionEstimate, ratioEstimate } from "./arm-estimate.ts";
export { compareArms, effectOf, intervalAround, logEffectOf, tTestP } from "./comparison.ts";
export type {
  Alternative,
  ArmEstimate,
  Comparison,
  ComparisonOptions,
  Effect,
  Scale,
} from "./comparison.ts";
export { confidenceSequence, confidenceSequencePower } from "./confidence-sequence.ts";
export type { ConfidenceSequence, ConfidenceSequenceInput } from "./confidence-sequence.ts";
export {
  betaCdf,
  betaQuantile,
  betaTail,
  binomialCdf,
  binomialTail,
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareTail,
  chiSquareTailQuantile,
} from "./distributions.ts";
export { fisherP } from "./fisher.ts";
export {
  groupSequentialBoundaries,
  groupSequentialDesign,
  parseSpending,
  spentAlpha,
} from "./group-sequential.ts";
export type { GroupSequentialInput, LookBoundary, Spending } from "./group-sequential.ts";
export { harmBound, harmDesign } from "./harm-test.ts";
export type { HarmDesign } from "./harm-test.ts";
export { logBeta, logGamma } from "./log-gamma.ts";
export { adjustP } from "./multiplicity.ts";
export type { AdjustedP } from "./multiplicity.ts";
export { guardrailState, nonInferiority } from "./noninferiority.ts";
export type { GuardrailState, NonInferiority, NonInferiorityOptions } from "./noninferiority.ts";
export {
  erfc,
  normalCdf,
  normalDensity,
  normalQuantile,
  normalTail,
  normalTailQuantile,
} from "./normal.ts";
export { isComputable } from "./not-computable.ts";
export type { NotComputable, NotComputableReason } from "./not-computable.ts";
export { compareProportions, newcombeInterval, wilsonInterval } from "./proportion.ts";
export type { ArmCounts, ProportionComparison } from "./proportion.ts";
export {
  minimumDetectableEffect,
  powerAt,
  quantileSum,
  sampleSizeForMean,
  sampleSizeForNonInferiority,
  sampleSizeForProportion,
} from "./sample-size.ts";
export type { PowerTarget, SampleSize } from "./sample-size.ts";
export { sampleRatio } from "./srm.ts";
export type { SampleRatio } from "./srm.ts";
export { tCdf, tQuantile, tTail, tTailQuantile } from "./student-t.ts";
export {
  EMPTY_SUMMARY,
  mergePairSummaries,
  mergeSummaries,
  pairSummaryFromSums,
  summarize,
  summaryFromSums,
  varianceOf,
} from "./summary.ts";
export type { PairSummary, PairSums, Summary } from "./summary.ts";
export { judge } from "./verdict.ts";
export type { Evidence, Judgement, OrientedInterval, Verdict, VerdictReason } from "./verdict.ts";
export { banditWeights, bestArmProbabilities } from "./bandit.ts";
export type { ArmPosterior } from "./bandit.ts";
export { betaBelief, normalBelief } from "./bayes.ts";
export type { Belief, NormalBelief } from "./bayes.ts";
export { compareAdjusted } from "./cuped.ts";
export type { AdjustedComparison } from "./cuped.ts";
export { equivalence } from "./equivalence.ts";
export type { Equivalence } from "./equivalence.ts";
export { mixtureTest } from "./msprt.ts";
export type { MixtureTest } from "./msprt.ts";
export { comparePoststratified } from "./poststratification.ts";
export type { Stratum } from "./poststratification.ts";
export { quantileEstimate } from "./quantile.ts";
export type { QuantileSummary } from "./quantile.ts";
export { sequentialSampleRatio } from "./srm-sequential.ts";
export type { SequentialRatioLook } from "./srm-sequential.ts";
export { crossingProbability, sequentialInflation } from "./sequential-power.ts";
