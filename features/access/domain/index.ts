export { decideKey, formatKey, KEY_SCOPES, parseKey, readKeyCredential } from "./api-key.ts";
export type { KeyCredential, KeyHeaders, KeyRequest, KeyRequestError, KeyText } from "./api-key.ts";
export {
  decideClock,
  decideEnvironment,
  environmentNow,
  FIRST_ENVIRONMENTS,
} from "./environment.ts";
export type {
  Environment,
  EnvironmentKind,
  EnvironmentRequest,
  EnvironmentRequestError,
  MoveClockError,
} from "./environment.ts";
export { decideMemberChange, emailKey } from "./member.ts";
export type { Holder, MemberChangeError } from "./member.ts";
export { isCrossSite } from "./origin.ts";
export type { RequestOrigin } from "./origin.ts";
export { decidePassword, normalisePassword } from "./password.ts";
export type { PasswordError } from "./password.ts";
export {
  FIRST_RUN_LINK_MS,
  PASSWORD_LINK_MS,
  SESSION_ABSOLUTE_MS,
  sessionState,
} from "./session.ts";
export type { SessionState, SessionTimes } from "./session.ts";
export {
  ADDRESS_LIMIT,
  CLIENT_LIMIT,
  clientGroup,
  countAttempt,
  forgiveAttempt,
} from "./throttle.ts";
export type { Attempt, Attempts, Limit } from "./throttle.ts";
