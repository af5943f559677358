export type {
  Advanced,
  AfterCall,
  AfterEffect,
  DeliverRefusal,
  InsideEffect,
  InsideResult,
  ProcessBinding,
  ProcessHandle,
  RetryRefusal,
  RunControl,
  RunFilter,
  StartRun,
} from "./engine.ts";
export type {
  Advance,
  Effect,
  EngineEvent,
  HistoryLine,
  Process,
  Run,
  RunStatus,
  StoredEffect,
  Timer,
} from "./process.ts";
export { migrations } from "./migrations.ts";
export { createEngine } from "./create-engine.ts";
export type { Engine, EngineOptions, Work, WorkOptions } from "./create-engine.ts";
export type { Alarm, Moment } from "./parts.ts";
export { textOf } from "./json.ts";
export { forgetEndedRuns, forgetRuns } from "./repository.ts";
export type { ForgottenRun } from "./repository.ts";
