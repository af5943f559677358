import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { runCases } from "../../domain/index.ts";
import type { Policy, PolicyCase } from "../../domain/index.ts";
import { actorId } from "../change.ts";
import type { InitiativeDependencies } from "../dependencies.ts";
import type { InitiativeError } from "../errors.ts";
import { compileWithDigest, insertPolicy } from "../policy-store.ts";

/** A new version of the policy with the examples that it must answer. */
export interface PublishPolicy {
  /** The version that the author started from. */
  readonly expectedVersion: number;
  readonly policy: Policy;
  readonly cases: readonly PolicyCase[];
}

/** What was published. */
export interface PublishedPolicy {
  readonly version: number;
  readonly digest: string;
}

/** Publishes the next version of the policy: it must compile and answer its own examples. */
export function publishPolicy(
  { policies }: Pick<InitiativeDependencies, "policies">,
  ctx: CommandContext,
  input: PublishPolicy,
): Promise<Result<PublishedPolicy, InitiativeError>> {
  requirePermission(ctx, "policy.edit");
  return inTransaction(ctx.db, async (tx) => {
    const current = await policies.current(tx, ctx.workspaceId);
    const stale = { kind: "stale-policy", current: current.policy.version } as const;
    if (current.policy.version !== input.expectedVersion) return err(stale);
    const by = actorId(ctx.actor);
    // The version that is replaced stays readable, also if it never decided anything.
    await insertPolicy(tx, ctx.workspaceId, current.policy, current.cases, {
      digest: current.compiled.digest,
      by: "paceline",
      at: ctx.now,
    });
    const policy: Policy = { ...input.policy, version: current.policy.version + 1 };
    const compiled = compileWithDigest(policy, current.ownDomains);
    if (!compiled.ok) return err({ kind: "policy-invalid", problems: compiled.error });
    const failed = runCases(compiled.value.table, input.cases).filter(({ passed }) => !passed);
    if (failed.length > 0) return err({ kind: "policy-cases-fail", failed });
    const { digest } = compiled.value;
    if (
      !(await insertPolicy(tx, ctx.workspaceId, policy, input.cases, { digest, by, at: ctx.now }))
    )
      return err(stale);
    await appendAudit(tx, ctx, {
      action: "policy.publish",
      subject: { kind: "policy", id: policy.id },
      detail: {
        version: policy.version,
        digest,
        rules: policy.rules.length,
        cases: input.cases.length,
      },
    });
    return ok({ version: policy.version, digest });
  });
}
