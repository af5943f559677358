export { ALERT_STALE_MS, judgeAlerts } from "./guard-alert.ts";
export type { AlertGuardInput, FiringAlert } from "./guard-alert.ts";
export { judgeArrival } from "./guard-arrival.ts";
export { checkGuards } from "./guard-check.ts";
export type { GuardFault, GuardSurroundings } from "./guard-check.ts";
export { bucketsNeeded, judgeSeries } from "./guard-series.ts";
export type { GuardBucket, SeriesGuardInput } from "./guard-series.ts";
export { alphaOf, comparisonsOf, PLAN_ALPHA } from "./guard-alpha.ts";
export type { GuardAlpha } from "./guard-alpha.ts";
export { isComparisonGuard, judgeComparison } from "./guard-comparison.ts";
export type { ComparisonGuard, ComparisonInput } from "./guard-comparison.ts";
export type { Judged } from "./guard-judged.ts";
export { guardSample } from "./guard-sample.ts";
export type { GuardSample, GuardTraffic } from "./guard-sample.ts";
export { passedInStage } from "./guard-stage.ts";
export { addArms } from "./guard-statistics.ts";
export type { GuardArm, GuardStatistics } from "./guard-statistics.ts";
export type * from "./guard.ts";
export { ENDED_STATES, LOCKING_STATES } from "./plan.ts";
export type { Hold, PlanState, PlanWindow, RolloutPlan, Stage, StoredPlan } from "./plan.ts";
export { planFaults } from "./check-plan.ts";
export type { PlanFault, PlanSurroundings } from "./check-plan.ts";
export { advancePlan } from "./plan-process.ts";
export {
  armedRun,
  blockersOf,
  blockerWords,
  isDescending,
  presentStage,
  refusalOfEvent,
  timeOverAt,
} from "./stepper.ts";
export type { Blocker, PlanEvent, PlanRun, StageApproval } from "./stepper.ts";
export { BUILT_IN_TEMPLATES } from "./template.ts";
export type { PlanTemplate } from "./template.ts";
export { judgeRehearsal, shadowKey } from "./rehearsal.ts";
export type { RehearsalFinding, RehearsalMeasure, RehearsalVerdict } from "./rehearsal.ts";
export { nextStepAt } from "./descent.ts";
export type { Descent, DescentPace, DescentStep } from "./descent.ts";
export {
  decideRollback,
  ROLLBACK_PACES,
  STEP_SECONDS,
  stepSecondsOf,
  TRIGGERS,
} from "./rollback.ts";
export type {
  Finding,
  RollbackDecision,
  RollbackDefinition,
  RollbackMode,
  RollbackPace,
  RollbackTarget,
  Trigger,
} from "./rollback.ts";
