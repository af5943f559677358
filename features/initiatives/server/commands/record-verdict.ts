import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { giveVerdict } from "../../domain/index.ts";
import type { Verdict } from "../../domain/index.ts";
import { openChange } from "../change.ts";
import type { InitiativeError } from "../errors.ts";
import { closeIteration, updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** The verdict of the run in flight. */
export interface RecordVerdict {
  readonly id: string;
  readonly expectedVersion: number | null;
  readonly verdict: Verdict;
  /** What the verdict rests on, such as an experiment and its audit entry. */
  readonly evidence?: Readonly<Record<string, string>>;
}

/** Ends the run in flight with its verdict. */
export function recordVerdict(
  ctx: CommandContext,
  input: RecordVerdict,
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.decide");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const state = giveVerdict(opened.value);
    if (!state.ok) return state;
    await closeIteration(tx, opened.value, input.verdict, ctx.now);
    const initiative = await updateInitiative(
      tx,
      opened.value,
      { state: state.value, verdict: input.verdict },
      ctx.now,
    );
    await appendAudit(tx, ctx, {
      action: "initiative.verdict",
      subject: { kind: "initiative", id: input.id },
      detail: { verdict: input.verdict, evidence: input.evidence ?? {} },
    });
    return ok(initiative);
  });
}
