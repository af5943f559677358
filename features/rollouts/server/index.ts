export { defineRollback } from "./commands/define-rollback.ts";
export { executeRollback } from "./commands/execute-rollback.ts";
export { armRollout, startRollout } from "./commands/start-rollout.ts";
export { rollBackRollout } from "./commands/tell-rollout.ts";
export { createRollout } from "./commands/write-rollout.ts";
export type {
  GuardedRuns,
  GuardEventStore,
  GuardsRead,
  WatchedRun,
} from "./guards/dependencies.ts";
export { registerGuardRoutes } from "./guards/guard-routes.ts";
export type { GuardRouteDependencies } from "./guards/guard-routes.ts";
export { createGuardWatch } from "./guards/guard-watch.ts";
export type { GuardWatch } from "./guards/guard-watch.ts";
export type { FlagPort, RolloutDependencies, RunningPlans, ShadowPort } from "./dependencies.ts";
export { forgetRollbacks } from "./forget-rollbacks.ts";
export { createMonitor } from "./monitor.ts";
export type { Monitor } from "./monitor.ts";
export { findDefinition, hasDefinition, lastRehearsal } from "./repository.ts";
export { listMoving } from "./plans/repository.ts";
export { rehearseRollback } from "./rehearsal/rehearse-rollback.ts";
export { registerRoutes } from "./routes.ts";
export { registerPlanRoutes } from "./plan-routes.ts";
export { registerRunRoutes } from "./run-routes.ts";
export { planBinding, ROLLOUT_CHANNEL } from "./plans/binding.ts";
export type { PlanDependencies, RuleInForce, StagePort } from "./plans/dependencies.ts";
export { guardedPlans, noticeMovedFlags, runningPlans } from "./plans/running-plans.ts";
export { keepRolloutsInOrder } from "./upkeep.ts";
export type { RolloutRetention } from "./upkeep.ts";
export type { PlanRuns } from "./plans/running-plans.ts";
