import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Db } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { RecordedDecision } from "../../api.ts";
import { decide } from "../../domain/index.ts";
import type { Decision } from "../../domain/index.ts";
import { actorId, openChange, scopeOf, subjectOf } from "../change.ts";
import { decisionDetail } from "../decision-detail.ts";
import { insertDecision } from "../decision-repository.ts";
import type { InitiativeDependencies } from "../dependencies.ts";
import type { InitiativeError } from "../errors.ts";
import { evaluateSubject } from "../evaluation.ts";
import { insertPolicy } from "../policy-store.ts";
import { updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** A decision together with the initiative as it stands after it. */
export interface Decided {
  readonly initiative: Initiative;
  readonly decision: Decision;
  readonly auditEntry: string;
}

/** The decision to be made on an initiative. */
export interface DecideInitiative {
  readonly id: string;
  readonly expectedVersion: number | null;
}

/** Decides an initiative by the current policy and keeps the decision, whatever it says. */
export function decideInitiativeNow(
  deps: InitiativeDependencies,
  ctx: CommandContext,
  input: DecideInitiative,
): Promise<Result<Decided, InitiativeError>> {
  requirePermission(ctx, "initiative.decide");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const { decision } = await evaluateSubject(
      deps,
      scopeOf(tx, ctx),
      await subjectOf(tx, opened.value),
    );
    const next = decide(opened.value, decision.outcome);
    if (!next.ok) return next;
    const decisionId = ctx.newId();
    await keepShippedPolicy(deps, tx, ctx);
    const cause: RecordedDecision["cause"] = "asked";
    const { id: auditEntry } = await appendAudit(tx, ctx, {
      action: "initiative.decide",
      subject: { kind: "initiative", id: input.id },
      detail: decisionDetail(decision, decisionId, cause),
    });
    const recorded = {
      id: decisionId,
      workspaceId: ctx.workspaceId,
      initiativeId: input.id,
      decidedAt: ctx.now,
      decidedBy: actorId(ctx.actor),
      cause,
      decision,
      auditEntry,
    };
    await insertDecision(tx, recorded);
    const initiative = await updateInitiative(
      tx,
      opened.value,
      { ...next.value, decisionId },
      ctx.now,
    );
    return ok({ initiative, decision, auditEntry });
  });
}

/** The shipped policy becomes a row when it first decides, so that every decision names a stored one. */
async function keepShippedPolicy(
  { policies }: InitiativeDependencies,
  tx: Db,
  ctx: CommandContext,
): Promise<void> {
  const { policy, cases, compiled, publishedAt } = await policies.current(tx, ctx.workspaceId);
  if (publishedAt !== null) return;
  const publication = { digest: compiled.digest, by: "paceline", at: ctx.now };
  await insertPolicy(tx, ctx.workspaceId, policy, cases, publication);
}
