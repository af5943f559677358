import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { DefineRollback } from "../../api.ts";
import { STEP_SECONDS } from "../../domain/index.ts";
import type { RollbackDefinition } from "../../domain/index.ts";
import type { FlagPort } from "../dependencies.ts";
import type { RollbackError } from "../errors.ts";
import { findDefinition, upsertDefinition } from "../repository.ts";

/** Says where a flag goes back to, what sends it there and who answers for it. */
export function defineRollback(
  flags: FlagPort,
  ctx: CommandContext,
  at: { readonly environment: string; readonly flagKey: string },
  input: DefineRollback,
): Promise<Result<RollbackDefinition, RollbackError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "rollout.edit");
    const inner = { ...ctx, db: tx };
    const flagId = await flags.find(inner, { ...at, revision: null });
    if (flagId === null) return err({ kind: "flag-not-found" });
    const { target } = input;
    if (
      target.kind === "revision" &&
      (await flags.find(inner, { ...at, revision: target.revision })) === null
    ) {
      return err({ kind: "revision-not-found" });
    }
    const before = await findDefinition(tx, ctx.workspaceId, at.environment, at.flagKey);
    const definition: RollbackDefinition = {
      ...input,
      ...at,
      pace: input.pace ?? before?.pace ?? "instant",
      automaticPace: input.automaticPace ?? before?.automaticPace ?? "instant",
      stepSeconds: input.stepSeconds ?? before?.stepSeconds ?? STEP_SECONDS.usual,
      id: before?.id ?? ctx.newId(),
      workspaceId: ctx.workspaceId,
      updatedAt: ctx.now,
      version: (before?.version ?? 0) + 1,
    };
    await upsertDefinition(tx, definition);
    await appendAudit(tx, ctx, {
      action: "rollback.define",
      subject: { kind: "flag", id: flagId },
      detail: {
        key: at.flagKey,
        environment: at.environment,
        target: { ...target },
        triggers: [...input.triggers],
        mode: input.mode,
        pace: definition.pace,
        automaticPace: definition.automaticPace,
        stepSeconds: definition.stepSeconds,
        ownerId: input.ownerId,
        initiativeId: input.initiativeId,
        experimentId: input.experimentId,
      },
    });
    return ok(definition);
  });
}
