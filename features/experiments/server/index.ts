export { createExperiment } from "./commands/create-experiment.ts";
export { defineMetric } from "./commands/define-metric.ts";
export { lockCriterion } from "./commands/lock-criterion.ts";
export { startExperiment } from "./commands/start-experiment.ts";
export { stopExperiment } from "./commands/stop-experiment.ts";
export type { LookTaken } from "./commands/take-look.ts";
export type {
  BeginningExperiment,
  Begun,
  ConcludedExperiment,
  ExperimentDependencies,
  ExperimentRef,
  ReadinessItem,
} from "./dependencies.ts";
export type { ExperimentError } from "./errors.ts";
export { forgetExperiments } from "./forget-experiments.ts";
export { readMonitor } from "./monitor-reading.ts";
export type { MonitorReading } from "./monitor-reading.ts";
export {
  findExperiment,
  listExperiments,
  listLooks,
  listMetrics,
  listRunning,
  listToTakeBack,
} from "./repository.ts";
export type { Experiment } from "./repository.ts";
export { registerRoutes } from "./routes.ts";
export { takeDueLook, takeDueLooks } from "./scheduler.ts";
export { armMetrics, metricPlans } from "./statistics.ts";
export type { EventStorePort, ExperimentPlan, StoredStatistics } from "./statistics.ts";
