import { notFound, problem, staleVersion } from "@paceline/http";
import type { FieldFault } from "@paceline/http";
import type { Result } from "@paceline/result";

import type { ArchiveFlagError } from "./commands/archive-flag.ts";
import type { CreateFlagError } from "./commands/create-flag.ts";
import type { EditConfigurationError } from "./commands/edit-configuration.ts";
import type { EditFlagError } from "./commands/edit-flag.ts";
import type { EditTestsError } from "./commands/edit-tests.ts";
import type { PromoteFlagError } from "./commands/promote-flag.ts";
import type { PublishExposureError } from "./commands/publish-exposure.ts";
import type { PublishFlagError } from "./commands/publish-flag.ts";
import type { RevertFlagError } from "./commands/revert-flag.ts";
import type { SetLifecycleError } from "./commands/set-lifecycle.ts";
import type { AttachFlagError } from "./holdouts/commands/attach-flag.ts";
import type { CreateHoldoutError } from "./holdouts/commands/create-holdout.ts";
import type { EditHoldoutError } from "./holdouts/commands/edit-holdout.ts";
import type { MoveHoldoutError } from "./holdouts/commands/move-holdout.ts";
import type { ArchiveLayerError } from "./layers/archive-layer.ts";
import type { CreateLayerError, EditLayerError } from "./layers/commands.ts";

export type FlagError =
  | ArchiveFlagError
  | ArchiveLayerError
  | AttachFlagError
  | CreateHoldoutError
  | CreateLayerError
  | EditHoldoutError
  | EditLayerError
  | MoveHoldoutError
  | CreateFlagError
  | EditConfigurationError
  | EditFlagError
  | EditTestsError
  | PromoteFlagError
  | PublishExposureError
  | PublishFlagError
  | RevertFlagError
  | SetLifecycleError;

type Of<K extends FlagError["kind"]> = Extract<FlagError, { readonly kind: K }>;

function invalid(name: string, title: string, errors: readonly FieldFault[]): Error {
  const detail = errors.map(({ pointer, detail: text }) => `${pointer} ${text}`).join("; ");
  return problem({ name, title, status: 422, detail: `${detail}. Nothing was changed.`, errors });
}

/** What each refusal is on the wire. */
const PROBLEMS: { readonly [K in FlagError["kind"]]: (error: Of<K>) => Error } = {
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
  "lifecycle-follows": ({ key, from, reason }: Of<"lifecycle-follows">) =>
    problem({
      name: "flag-lifecycle-follows",
      title: "The flag cannot be moved by hand",
      status: 409,
      detail: `Flag "${key}" is ${from}. ${reason} Nothing was changed.`,
    }),
  "layer-not-found": () => notFound("layer"),
  "holdout-not-found": () => notFound("holdout"),
  "invalid-layer": ({ faults }: Of<"invalid-layer">) =>
    invalid("invalid-layer", "The layer does not hold together", faults),
  "invalid-holdout": ({ faults }: Of<"invalid-holdout">) =>
    invalid("invalid-holdout", "The holdout does not hold together", faults),
  "layer-in-use": ({ key, claims }: Of<"layer-in-use">) => {
    const who = claims.map(
      ({ flagKey, ruleId, environment, parts }) =>
        `rule "${ruleId}" of flag "${flagKey}" in ${environment} (${parts / 1_000} %)`,
    );
    return problem({
      name: "layer-in-use",
      title: "Somebody holds slots of the layer",
      status: 409,
      detail: `Slots of layer "${key}" are held by ${who.join(", ")}. Take the claim out of the rule and publish, or archive the flag, then repeat. Nothing was changed.`,
      extensions: { claims },
    });
  },
  "layer-key-taken": ({ key }: Of<"layer-key-taken">) =>
    problem({
      name: "layer-key-taken",
      title: "The key is taken",
      status: 409,
      detail: `There is a layer "${key}" already. Choose another key. Nothing was changed.`,
    }),
  "holdout-key-taken": ({ key }: Of<"holdout-key-taken">) =>
    problem({
      name: "holdout-key-taken",
      title: "The key is taken",
      status: 409,
      detail: `There is a holdout "${key}" already, or a flag "holdout-${key}". Choose another key. Nothing was changed.`,
    }),
  "holdout-not-active": ({ key, state }: Of<"holdout-not-active">) =>
    problem({
      name: "holdout-not-active",
      title: "The holdout takes in no more flags",
      status: 409,
      detail: `Holdout "${key}" is ${state}; only an active one takes flags in. Make another holdout. Nothing was changed.`,
    }),
  "holdout-goes-forward": ({ key, state }: Of<"holdout-goes-forward">) =>
    problem({
      name: "holdout-goes-forward",
      title: "A holdout only goes forward",
      status: 409,
      detail: `Holdout "${key}" is ${state} already. Make another holdout. Nothing was changed.`,
    }),
  "holdout-busy": ({ key }: Of<"holdout-busy">) =>
    problem({
      name: "holdout-busy",
      title: "A flag was put under the holdout in this moment",
      status: 409,
      detail: `Flags of holdout "${key}" changed meanwhile. Repeat it. Nothing was changed.`,
    }),
  "needed-by-flags": ({ key, variants, dependents }: Of<"needed-by-flags">) => {
    const names = dependents.map(({ flag, environment }) => `${flag} (${environment})`).join(", ");
    const what = variants.length === 0 ? `Flag "${key}"` : `${variants.join(", ")} of "${key}"`;
    return problem({
      name: "needed-by-flags",
      title: "Other flags need it",
      status: 409,
      detail: `${what} is a prerequisite of ${names}. Take the prerequisite out there and publish, then repeat. Nothing was changed.`,
      extensions: { dependents },
    });
  },
  "layer-full": ({ layer, ruleId, wanted, free, quarantined, nextFreeAt }: Of<"layer-full">) => {
    const rest = `${free / 1_000} % is free and ${quarantined / 1_000} % in quarantine`;
    const later = nextFreeAt === null ? "" : `, the next of it until ${nextFreeAt.toISOString()}`;
    return problem({
      name: "layer-full",
      title: "The layer has no room",
      status: 409,
      detail: `Rule "${ruleId}" wants ${wanted / 1_000} % of layer "${layer}": ${rest}${later}. Claim less, free what another rule holds, or wait. Nothing was changed.`,
      extensions: {
        layer,
        wanted,
        free,
        quarantined,
        nextFreeAt: nextFreeAt?.toISOString() ?? null,
      },
    });
  },
  "same-environment": ({ environment }: Of<"same-environment">) =>
    invalid("same-environment", "A flag is promoted to another environment", [
      { pointer: "/to", detail: `must not be ${environment}, too` },
    ]),
  "unpublished-draft": ({ environment }: Of<"unpublished-draft">) =>
    problem({
      name: "unpublished-flag-draft",
      title: "There is a draft that nobody published",
      status: 409,
      detail: `The flag's draft in ${environment} has changes that are not in force. Publish or discard them, or send \`overwriteDraft: true\`. Nothing was changed.`,
    }),
  "promotion-dry-run": () => new Error("a dry run that was taken for a refusal"),
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
};

function toProblem<K extends FlagError["kind"]>(kind: K, error: Of<K>): Error {
  return PROBLEMS[kind](error);
}

/** What a refusal is on the wire. */
export function problemOf(error: FlagError): Error {
  return toProblem(error.kind, error);
}

/** The value of a command's answer. @throws Problem for a refusal */
export function unwrap<T>(result: Result<T, FlagError>): T {
  if (result.ok) return result.value;
  throw problemOf(result.error);
}
