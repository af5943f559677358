import { type Problem, type ProblemDetails, problem } from "@paceline/http";

import type { MemberChangeError } from "../domain/index.ts";
import type { AddMemberError } from "./commands/add-member.ts";
import type { FirstRunError } from "./commands/complete-first-run.ts";
import type { CreateEnvironmentError } from "./commands/create-environment.ts";
import type { CreateKeyError } from "./commands/create-key.ts";
import type { PasswordLinkError } from "./commands/make-password-link.ts";
import type { MoveEnvironmentClockError } from "./commands/move-environment-clock.ts";
import type { RevokeKeyError } from "./commands/revoke-key.ts";
import type { SetPasswordError } from "./commands/set-password.ts";
import type { SignInError } from "./commands/sign-in.ts";

type AccessError =
  | AddMemberError
  | CreateEnvironmentError
  | CreateKeyError
  | FirstRunError
  | MemberChangeError
  | MoveEnvironmentClockError
  | PasswordLinkError
  | RevokeKeyError
  | SetPasswordError
  | SignInError;

type Kind = AccessError["kind"];

function entry(name: string, status: number, title: string, detail: string, pointer?: string) {
  return {
    name,
    status,
    title,
    detail: `${detail} Nothing was changed.`,
    ...(pointer === undefined ? {} : { errors: [{ pointer, detail }] }),
  } satisfies ProblemDetails;
}

const PROBLEMS = {
  "wrong-credentials": entry(
    "wrong-credentials",
    401,
    "Address and password do not fit",
    "Check both. If the password is lost, an owner can make a link to set a new one.",
  ),
  "too-many-attempts": entry(
    "too-many-attempts",
    429,
    "Too many attempts",
    "Signing in is paused for this address or this network. Wait, then try again.",
  ),
  "hashing-busy": entry(
    "sign-in-busy",
    503,
    "Too many people sign in at once",
    "Try again in a few seconds.",
  ),
  "link-not-usable": entry(
    "link-not-usable",
    422,
    "The link cannot be used",
    "It was used already, has expired, or was replaced by a newer one. Ask for a new link; the one for the first run is printed when the server starts.",
  ),
  "already-set-up": entry(
    "already-set-up",
    409,
    "This installation has an owner",
    "Ask the owner to add you as a member.",
  ),
  "address-taken": entry(
    "address-taken",
    409,
    "The address is taken",
    "Somebody with this e-mail address exists already.",
    "/email",
  ),
  "password-too-short": entry(
    "password-too-short",
    422,
    "The password is too short",
    "Use at least 12 characters; a few random words are fine.",
    "/password",
  ),
  "password-too-long": entry(
    "password-too-long",
    422,
    "The password is too long",
    "Use at most 256 characters.",
    "/password",
  ),
  "password-guessable": entry(
    "password-guessable",
    422,
    "The password is easy to guess",
    "Do not build it from your name, address or workspace, nor from a few repeated characters.",
    "/password",
  ),
  "not-a-member": entry(
    "not-a-member",
    404,
    "Not a member",
    "There is no such member in this workspace.",
  ),
  "last-owner": entry(
    "last-owner",
    409,
    "This is the last owner",
    "A workspace keeps at least one owner. Make somebody else an owner first.",
  ),
  "member-already": entry(
    "member-already",
    409,
    "Already a member",
    "Somebody with this e-mail address is a member of this workspace.",
    "/email",
  ),
  "member-elsewhere": entry(
    "member-elsewhere",
    409,
    "Member of another workspace, too",
    "Only the person can set a new password then.",
  ),
  "reserved-key": entry(
    "environment-exists",
    409,
    "The environment exists",
    "Every workspace has production, staging and drill. Choose another key.",
    "/key",
  ),
  "environment-exists": entry(
    "environment-exists",
    409,
    "The environment exists",
    "There is an environment with this key. Choose another.",
    "/key",
  ),
  "start-required": entry(
    "replay-needs-start",
    422,
    "Say where the clock starts",
    "A replay environment needs an instant at which its clock starts.",
    "/startsAt",
  ),
  "start-not-allowed": entry(
    "live-has-no-clock",
    422,
    "A live environment has no clock of its own",
    "Leave the start out, or make it a replay environment.",
    "/startsAt",
  ),
  "no-such-environment": entry(
    "no-such-environment",
    404,
    "No such environment",
    "There is no environment with this key in this workspace.",
  ),
  "not-a-replay": entry(
    "not-a-replay",
    409,
    "Its clock cannot be moved",
    "Only a replay environment has a clock that is moved; this one follows the time on the wall.",
  ),
  "clock-goes-back": entry(
    "clock-goes-back",
    409,
    "The clock only moves forward",
    "Choose an instant that is not before where the clock stands (`standsAt`).",
    "/to",
  ),
  "no-scope": entry("key-needs-scope", 422, "A key needs a scope", "Name at least one.", "/scopes"),
  "metrics-with-other-scopes": entry(
    "metrics-key-alone",
    422,
    "Keys for metrics have no other scope",
    "A key that monitoring holds reads `/metrics` and nothing else. Make two keys.",
    "/scopes",
  ),
  "admin-with-other-scopes": entry(
    "admin-key-alone",
    422,
    "Admin keys have no other scope",
    "An admin key can do everything; a key for intake or evaluation must not. Make two keys.",
    "/scopes",
  ),
  "environment-required": entry(
    "key-needs-environment",
    422,
    "Bind the key to an environment",
    "Keys for intake and evaluation belong to one environment.",
    "/environment",
  ),
  "environment-not-allowed": entry(
    "admin-key-has-no-environment",
    422,
    "Admin and metrics keys have no environment",
    "Leave the environment out.",
    "/environment",
  ),
  "no-such-key": entry(
    "no-such-key",
    404,
    "No such key",
    "There is no key with this id in force in this workspace.",
  ),
} satisfies Record<Kind, ProblemDetails>;

/** The answer for a refusal. Its further fields travel along, for example where a clock stands. */
export function accessProblem(error: AccessError, now: Date): Problem {
  const { kind, ...extensions } = error;
  const details: ProblemDetails = { ...PROBLEMS[kind], extensions };
  const waitSeconds =
    error.kind === "too-many-attempts"
      ? Math.max(1, Math.ceil((error.retryAt.getTime() - now.getTime()) / 1000))
      : error.kind === "hashing-busy"
        ? 2
        : null;
  if (waitSeconds === null) return problem(details);
  return problem({ ...details, headers: { "retry-after": String(waitSeconds) } });
}
