export { GUARD_ACTIONS } from "./guard.ts";
export type * from "./guard.ts";
export { decideRollback, TRIGGERS } from "./rollback.ts";
export type {
  Finding,
  RollbackDecision,
  RollbackDefinition,
  RollbackMode,
  RollbackTarget,
  Trigger,
} from "./rollback.ts";
