export { GUARD_ACTIONS } from "./guard.ts";
export type * from "./guard.ts";
export { ENDED_STATES, LOCKING_STATES, PLAN_STATES } from "./plan.ts";
export type { Hold, PlanState, PlanWindow, RolloutPlan, Stage, StoredPlan } from "./plan.ts";
export { decideRollback, TRIGGERS } from "./rollback.ts";
export type {
  Finding,
  RollbackDecision,
  RollbackDefinition,
  RollbackMode,
  RollbackTarget,
  Trigger,
} from "./rollback.ts";
