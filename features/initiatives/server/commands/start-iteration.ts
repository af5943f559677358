import { appendAudit } from "@paceline/audit/server";
import type { AuditStatement } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { modeOf, startIteration } from "../../domain/index.ts";
import type { Decision, NextIteration } from "../../domain/index.ts";
import { actorId, openChange, scopeOf, subjectOf } from "../change.ts";
import { decisionDetail } from "../decision-detail.ts";
import { insertDecision } from "../decision-repository.ts";
import type { InitiativeDependencies } from "../dependencies.ts";
import type { InitiativeError } from "../errors.ts";
import { evaluateSubject } from "../evaluation.ts";
import { insertIteration, readIterations, updateInitiative } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** The next run of an initiative. */
export interface StartIteration {
  readonly id: string;
  readonly expectedVersion: number | null;
  /** Length of the timebox, 1 to 4; not used for marathons. */
  readonly weeks: number;
}

/** What came of asking for the next run. A refused third one is an outcome that is kept, not an error. */
export type IterationOutcome =
  | { readonly kind: "started"; readonly initiative: Initiative; readonly iteration: NextIteration }
  | {
      readonly kind: "escalated";
      readonly initiative: Initiative;
      /** The iteration that was refused. */
      readonly number: number;
      readonly decision: Decision;
      readonly auditEntry: string;
    };

/** What is about to happen: its audit entry first, then the rows that name the entry. */
interface Plan {
  readonly statement: AuditStatement;
  readonly apply: (auditEntry: string) => Promise<IterationOutcome>;
}

/**
 * Starts the next iteration with its timebox. A sprint's third iteration is refused; the refusal
 * decides the initiative anew, with the third iteration as a fact, which makes it a marathon.
 */
export function startNextIteration(
  deps: InitiativeDependencies,
  ctx: CommandContext,
  input: StartIteration,
): Promise<Result<IterationOutcome, InitiativeError>> {
  requirePermission(ctx, "initiative.start");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, input.id, input.expectedVersion);
    if (!opened.ok) return opened;
    const used = (await readIterations(tx, ctx.workspaceId, [input.id])).length;
    const next = startIteration(opened.value, used, input.weeks, ctx.now.getTime());
    if (!next.ok && next.error.kind !== "third-iteration") return err(next.error);
    const { statement, apply } = next.ok
      ? planStart(tx, ctx, opened.value, next.value)
      : await planEscalation(deps, tx, ctx, opened.value, used + 1);
    const { id: auditEntry } = await appendAudit(tx, ctx, statement);
    return ok(await apply(auditEntry));
  });
}

function planStart(
  tx: Db,
  ctx: CommandContext,
  before: Initiative,
  iteration: NextIteration,
): Plan {
  const { number, timebox } = iteration;
  const endsAt = timebox === null ? null : new Date(timebox.endsAtMs);
  const weeks = timebox?.weeks ?? null;
  const detail = {
    iteration: number,
    mode: before.mode,
    weeks,
    endsAt: endsAt?.toISOString() ?? null,
    owner: before.ownerId,
  };
  return {
    statement: {
      action: "initiative.start",
      subject: { kind: "initiative", id: before.id },
      detail,
    },
    apply: async () => {
      const row = {
        initiativeId: before.id,
        number,
        startedAt: ctx.now,
        endsAt,
        weeks,
        ownerId: before.ownerId,
        closedAt: null,
        verdict: null,
      };
      await insertIteration(tx, ctx.workspaceId, row);
      const iterationsRequested = Math.max(number, before.iterationsRequested);
      const change = { state: "in_flight", verdict: null, iterationsRequested } as const;
      return {
        kind: "started",
        initiative: await updateInitiative(tx, before, change, ctx.now),
        iteration,
      };
    },
  };
}

async function planEscalation(
  deps: InitiativeDependencies,
  tx: Db,
  ctx: CommandContext,
  before: Initiative,
  number: number,
): Promise<Plan> {
  const subject = { ...(await subjectOf(tx, before)), iterationsUsed: number };
  const { decision } = await evaluateSubject(deps, scopeOf(tx, ctx), subject);
  const decisionId = ctx.newId();
  const cause = "third-iteration";
  const detail = { refusedIteration: number, ...decisionDetail(decision, decisionId, cause) };
  return {
    statement: {
      action: "initiative.escalate",
      subject: { kind: "initiative", id: before.id },
      detail,
    },
    apply: async (auditEntry) => {
      const decidedBy = actorId(ctx.actor);
      const kept = {
        id: decisionId,
        initiativeId: before.id,
        workspaceId: ctx.workspaceId,
        decidedAt: ctx.now,
        decidedBy,
      };
      await insertDecision(tx, { ...kept, cause, decision, auditEntry });
      const mode = modeOf(decision.outcome);
      const state = mode === null ? "proposed" : "decided";
      const change = { state, mode, decisionId, iterationsRequested: number } as const;
      const initiative = await updateInitiative(tx, before, change, ctx.now);
      return { kind: "escalated", initiative, number, decision, auditEntry };
    },
  };
}
