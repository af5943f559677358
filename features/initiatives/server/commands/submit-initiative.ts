import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { propose } from "../../domain/index.ts";
import { openChange, proposalDetail } from "../change.ts";
import type { InitiativeError } from "../errors.ts";
import { updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** Turns a draft into a proposal. */
export function submitInitiative(
  ctx: CommandContext,
  input: { readonly id: string; readonly expectedVersion: number | null },
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.edit");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const state = propose(opened.value);
    if (!state.ok) return state;
    const initiative = await updateInitiative(tx, opened.value, { state: state.value }, ctx.now);
    await appendAudit(tx, ctx, {
      action: "initiative.propose",
      subject: { kind: "initiative", id: initiative.id },
      detail: {
        number: initiative.number,
        owner: initiative.ownerId,
        proposal: proposalDetail(initiative.proposal),
      },
      personal: { title: initiative.title },
    });
    return ok(initiative);
  });
}
