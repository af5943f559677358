import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { markReady, missingArtifacts } from "../../domain/index.ts";
import { openChange, scopeOf, subjectOf } from "../change.ts";
import type { InitiativeDependencies } from "../dependencies.ts";
import type { InitiativeError } from "../errors.ts";
import { checkSubject } from "../evaluation.ts";
import { updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** Marks a decided initiative ready: the artifacts of its mode are checked once more, now. */
export function markInitiativeReady(
  { evidence }: Pick<InitiativeDependencies, "evidence">,
  ctx: CommandContext,
  input: { readonly id: string; readonly expectedVersion: number | null },
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.decide");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const { checks } = await checkSubject(
      evidence,
      scopeOf(tx, ctx),
      await subjectOf(tx, opened.value),
    );
    const missing = missingArtifacts(checks);
    const state = markReady(
      opened.value,
      missing.map(({ artifact }) => artifact),
    );
    if (!state.ok)
      return state.error.kind === "artifacts-missing"
        ? err({ kind: "artifacts-missing", missing })
        : err(state.error);
    const initiative = await updateInitiative(tx, opened.value, { state: state.value }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "initiative.ready",
      subject: { kind: "initiative", id: input.id },
      detail: {
        mode: initiative.mode,
        artifacts: checks.map(({ artifact, state: found }) => ({ artifact, state: found })),
      },
    });
    return ok(initiative);
  });
}
