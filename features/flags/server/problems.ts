import { notFound, problem, staleVersion } from "@paceline/http";
import type { FieldFault } from "@paceline/http";
import type { Result } from "@paceline/result";

import type { ArchiveFlagError } from "./commands/archive-flag.ts";
import type { CreateFlagError } from "./commands/create-flag.ts";
import type { EditConfigurationError } from "./commands/edit-configuration.ts";
import type { EditFlagError } from "./commands/edit-flag.ts";
import type { EditTestsError } from "./commands/edit-tests.ts";
import type { PublishExposureError } from "./commands/publish-exposure.ts";
import type { PublishFlagError } from "./commands/publish-flag.ts";
import type { RevertFlagError } from "./commands/revert-flag.ts";

export type FlagError =
  | ArchiveFlagError
  | CreateFlagError
  | EditConfigurationError
  | EditFlagError
  | EditTestsError
  | PublishExposureError
  | PublishFlagError
  | RevertFlagError;

type Of<K extends FlagError["kind"]> = Extract<FlagError, { readonly kind: K }>;

function invalid(name: string, title: string, errors: readonly FieldFault[]): Error {
  const detail = errors.map(({ pointer, detail: text }) => `${pointer} ${text}`).join("; ");
  return problem({ name, title, status: 422, detail: `${detail}. Nothing was changed.`, errors });
}

/** What each refusal is on the wire. */
const PROBLEMS = {
  "flag-not-found": () => notFound("flag"),
  "revision-not-found": () => notFound("revision of this flag"),
  "rule-not-found": () => notFound("rule in what is in force"),
  "stale-version": ({ current }: Of<"stale-version">) => staleVersion(current),
  "invalid-flag": ({ faults }: Of<"invalid-flag">) =>
    invalid("invalid-flag", "The flag does not hold together", faults),
  "invalid-configuration": ({ faults }: Of<"invalid-configuration">) =>
    invalid("invalid-flag-configuration", "The configuration does not hold together", faults),
  "key-taken": ({ key }: Of<"key-taken">) =>
    problem({
      name: "flag-key-taken",
      title: "The key is taken",
      status: 409,
      detail: `There is a flag "${key}" already, perhaps archived. Choose another key. Nothing was changed.`,
    }),
  "flag-archived": ({ key }: Of<"flag-archived">) =>
    problem({
      name: "flag-archived",
      title: "The flag is archived",
      status: 409,
      detail: `Flag "${key}" is archived. Revert it to a revision to bring it back. Nothing was changed.`,
    }),
  "no-draft": ({ environment }: Of<"no-draft">) =>
    problem({
      name: "no-flag-draft",
      title: "There is nothing to publish",
      status: 409,
      detail: `The flag has no draft for ${environment}. Write one first. Nothing was changed.`,
    }),
  "not-published": ({ environment }: Of<"not-published">) =>
    problem({
      name: "flag-not-published",
      title: "The flag is not in force",
      status: 409,
      detail: `The flag is not published in ${environment}. Publish it first. Nothing was changed.`,
    }),
  "other-digest": ({ current }: Of<"other-digest">) =>
    problem({
      name: "flag-draft-changed",
      title: "The draft is not the one that was reviewed",
      status: 409,
      detail: `The draft's digest is ${current} now. Review it again. Nothing was changed.`,
      extensions: { current },
    }),
  "rebuckets-units": ({ rules }: Of<"rebuckets-units">) =>
    problem({
      name: "rebuckets-units",
      title: "Every unit would get a new bucket",
      status: 409,
      detail: `Salt, unit or bucketing of ${rules.join(", ")} differ from what is in force. Send \`acceptRebucketing: true\` if that is meant. Nothing was changed.`,
      extensions: { rules },
    }),
  "invalid-tests": ({ faults }: Of<"invalid-tests">) =>
    invalid("invalid-flag-tests", "The expectations do not hold together", faults),
  "failing-tests": ({ results }: Of<"failing-tests">) =>
    problem({
      name: "failing-flag-tests",
      title: "The flag does not do what is expected of it",
      status: 409,
      detail: `${results.map(({ name, differences }) => `"${name}": ${differences.join("; ")}`).join(". ")}. Change the draft or its tests, or send \`ignoreFailingTests\` with a reason. Nothing was changed.`,
      extensions: { results },
    }),
  "flag-locked": ({ key, environment, lock }: Of<"flag-locked">) =>
    problem({
      name: "flag-locked",
      title: "Something holds the flag",
      status: 409,
      detail: `Flag "${key}" cannot be changed in ${environment} now. ${lock.reason} Nothing was changed.`,
      extensions: { holder: lock.holder },
    }),
  "exposure-held-back": ({ key, refusal }: Of<"exposure-held-back">) =>
    problem({
      name: "exposure-held-back",
      title: "Nobody may be exposed yet",
      status: 409,
      detail: `Flag "${key}": ${refusal.detail} ${refusal.wayOut} Nothing was changed.`,
      extensions: { rule: refusal.rule },
    }),
  "share-out-of-range": ({ exposureShare }: Of<"share-out-of-range">) =>
    invalid("invalid-exposure", "The exposure is no share", [
      { pointer: "/exposureShare", detail: `must be from 0 to 1, not ${exposureShare}` },
    ]),
} satisfies { readonly [K in FlagError["kind"]]: (error: Of<K>) => Error };

function toProblem(error: FlagError): Error {
  switch (error.kind) {
    case "flag-not-found":
    case "revision-not-found":
    case "rule-not-found":
      return PROBLEMS[error.kind]();
    case "stale-version":
      return PROBLEMS[error.kind](error);
    case "invalid-flag":
      return PROBLEMS[error.kind](error);
    case "invalid-configuration":
      return PROBLEMS[error.kind](error);
    case "key-taken":
      return PROBLEMS[error.kind](error);
    case "flag-archived":
      return PROBLEMS[error.kind](error);
    case "no-draft":
      return PROBLEMS[error.kind](error);
    case "not-published":
      return PROBLEMS[error.kind](error);
    case "other-digest":
      return PROBLEMS[error.kind](error);
    case "rebuckets-units":
      return PROBLEMS[error.kind](error);
    case "invalid-tests":
      return PROBLEMS[error.kind](error);
    case "failing-tests":
      return PROBLEMS[error.kind](error);
    case "flag-locked":
      return PROBLEMS[error.kind](error);
    case "exposure-held-back":
      return PROBLEMS[error.kind](error);
    case "share-out-of-range":
      return PROBLEMS[error.kind](error);
  }
}

/** The value of a command's answer. @throws Problem for a refusal */
export function unwrap<T>(result: Result<T, FlagError>): T {
  if (result.ok) return result.value;
  throw toProblem(result.error);
}
