export { createAuthentication } from "./authenticate.ts";
export type { Authentication, AuthenticationDeps } from "./authenticate.ts";
export { addMember } from "./commands/add-member.ts";
export { createKey } from "./commands/create-key.ts";
export type { CreatedKey, CreateKeyError } from "./commands/create-key.ts";
export { createEnvironment } from "./commands/create-environment.ts";
export { createWorkspace } from "./commands/create-workspace.ts";
export { makeFirstRunLink } from "./commands/make-first-run-link.ts";
export type { OneTimeLink } from "./commands/make-first-run-link.ts";
export {
  ENVIRONMENT_CLOCK_CHANNEL,
  moveEnvironmentClock,
} from "./commands/move-environment-clock.ts";
export { removeMember } from "./commands/remove-member.ts";
export { revokeKey } from "./commands/revoke-key.ts";
export type { AccessDeps, AccessRouteDeps } from "./deps.ts";
export type { KnownKey } from "./key-cache.ts";
export { KeySnapshot } from "./key-snapshot.ts";
export { forgetEnvironment } from "./forget-environment.ts";
export { createPasswordHashing } from "./password-hashing.ts";
export type { PasswordHashing } from "./password-hashing.ts";
export { findEnvironment, findFirstWorkspace, listEnvironments } from "./repository.ts";
export { registerRoutes } from "./routes.ts";
export { createThrottle } from "./sign-in-throttle.ts";
export type { Throttle } from "./sign-in-throttle.ts";
export { viewKeys, viewMembers } from "./views.ts";
