export { announceChanges, announceClients } from "./announce-changes.ts";
export { archiveFlag } from "./commands/archive-flag.ts";
export { createFlag } from "./commands/create-flag.ts";
export { editConfiguration } from "./commands/edit-configuration.ts";
export { editTests } from "./commands/edit-tests.ts";
export type { NewFlag } from "./commands/create-flag.ts";
export { lowerExposure } from "./commands/lower-exposure.ts";
export { lockExposureSteps } from "./exposure-steps.ts";
export { publishExposure } from "./commands/publish-exposure.ts";
export type { PublishExposure, PublishExposureError } from "./commands/publish-exposure.ts";
export { publishFlag } from "./commands/publish-flag.ts";
export { revertFlag, rollBackFlag } from "./commands/revert-flag.ts";
export { switchOffFlag } from "./commands/switch-off-flag.ts";
export { releaseRules } from "./commands/release-rules.ts";
export { concludeFlag } from "./commands/set-lifecycle.ts";
export type {
  ContextRange,
  ContextStore,
  ContextToRecord,
  StoredContext,
} from "./contexts/context-store.ts";
export { openRecordedContexts } from "./contexts/recorded-contexts.ts";
export type { RecordedContexts, SampleRange } from "./contexts/recorded-contexts.ts";
export type {
  FlagCredentials,
  FlagExposure,
  FlagRouteDependencies,
  ServingDependencies,
} from "./dependencies.ts";
export { registerKeyDocument } from "./document-routes.ts";
export { registerOfrep } from "./ofrep.ts";
export { createFlagSets } from "./flag-sets.ts";
export type { FlagSetChange, FlagSets, FlagSetsOptions } from "./flag-sets.ts";
export type { GrpcDependencies, OpenEnvironment } from "./grpc/dependencies.ts";
export { ReloadingCredentials } from "./grpc/reloading-credentials.ts";
export type { CertificatePair } from "./grpc/reloading-credentials.ts";
export { startEvaluationServer, startSyncServer } from "./grpc/server.ts";
export type { GrpcServer, GrpcServerOptions } from "./grpc/server.ts";
export { followPublications } from "./follow-publications.ts";
export { createHoldout } from "./holdouts/commands/create-holdout.ts";
export { forgetHoldout } from "./holdouts/forget-holdout.ts";
export { keepHoldouts } from "./holdouts/keep-holdouts.ts";
export { createAssignments } from "./sticky/assignments.ts";
export type { Assignments } from "./sticky/assignments.ts";
export { createLayer } from "./layers/commands.ts";
export { forgetFlag } from "./forget-flag.ts";
export { findFlagLock, releaseFlagLocks, takeFlagLock } from "./locks.ts";
export type { LockPlace } from "./locks.ts";
export { readChecked, writeChecked } from "./last-known-file.ts";
export { keptSets, restoredSets } from "./last-known-sets.ts";
export { readParity } from "./parity.ts";
export { problemOf as flagProblem } from "./problems.ts";
export { OPEN_DOOR } from "./publication-door.ts";
export type {
  ContentChange,
  DoorRefusal,
  ExposureChange,
  AwaitsStart,
  ExposureGate,
  ExposureRefusal,
  FindFlagLock,
  FlagLock,
  PublicationDoor,
} from "./publication-door.ts";
export { lockFlag, readFlag, readLatest, readRevision } from "./repository.ts";
export type { Publication, PublishedRevision, StoredFlag } from "./repository.ts";
export { createFlagUsage } from "./stale/usage.ts";
export type { FlagUsage } from "./stale/usage.ts";
export { registerRoutes } from "./routes.ts";
export { createSharedSubscribers } from "./shared-subscribers.ts";
export type {
  ClientGroup,
  ProtocolReceipts,
  ReceiptStatus,
  SubscriberDescription,
  SubscriberProtocol,
  Subscribers,
  Subscription,
} from "./subscribers.ts";
