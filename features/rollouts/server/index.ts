export { defineRollback } from "./commands/define-rollback.ts";
export { executeRollback } from "./commands/execute-rollback.ts";
export type { FlagPort, RolloutDependencies } from "./dependencies.ts";
export { forgetRollbacks } from "./forget-rollbacks.ts";
export { createMonitor } from "./monitor.ts";
export type { Monitor } from "./monitor.ts";
export { findDefinition, hasDefinition, lastRehearsal } from "./repository.ts";
export { registerRoutes } from "./routes.ts";
