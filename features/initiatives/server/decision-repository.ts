import type { Db } from "@paceline/db";

import { DecisionSchema, OutcomeSchema, RecordedDecisionSchema } from "../api.ts";
import type { RecordedDecision } from "../api.ts";
import type { Decision } from "../domain/index.ts";
import { checked } from "./checked.ts";

/** One decision to be kept for good. */
export interface NewDecision {
  readonly id: string;
  readonly workspaceId: string;
  readonly initiativeId: string;
  readonly decidedAt: Date;
  readonly decidedBy: string;
  readonly cause: RecordedDecision["cause"];
  readonly decision: Decision;
  readonly auditEntry: string;
}

/** Keeps a decision; the table refuses updates. */
export async function insertDecision(tx: Db, recorded: NewDecision): Promise<void> {
  const { decision } = recorded;
  await tx
    .insertInto("initiative_decisions")
    .values({
      id: recorded.id,
      workspace_id: recorded.workspaceId,
      initiative_id: recorded.initiativeId,
      decided_at: recorded.decidedAt,
      decided_by: recorded.decidedBy,
      cause: recorded.cause,
      outcome: decision.outcome,
      policy_version: decision.policy.version,
      policy_digest: decision.policy.digest,
      document: JSON.stringify(checked(DecisionSchema, decision)),
      audit_entry: recorded.auditEntry,
    })
    .execute();
}

/** Decisions by id. */
export async function readDecisions(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RecordedDecision>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("initiative_decisions")
    .select([
      "initiative_decisions.id",
      "initiative_decisions.decided_at",
      "initiative_decisions.decided_by",
      "initiative_decisions.cause",
      "initiative_decisions.document",
      "initiative_decisions.audit_entry",
    ])
    .where("initiative_decisions.workspace_id", "=", workspaceId)
    .where("initiative_decisions.id", "in", ids)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        decidedAt: row.decided_at.toISOString(),
        decidedBy: row.decided_by,
        cause: checked(RecordedDecisionSchema.properties.cause, row.cause),
        auditEntry: row.audit_entry,
        decision: checked(DecisionSchema, row.document),
      },
    ]),
  );
}

/** Every decision of an initiative, newest first, without its trace. */
export async function listDecisions(db: Db, workspaceId: string, initiativeId: string) {
  const rows = await db
    .selectFrom("initiative_decisions")
    .select([
      "initiative_decisions.id",
      "initiative_decisions.decided_at",
      "initiative_decisions.outcome",
      "initiative_decisions.policy_version",
      "initiative_decisions.audit_entry",
    ])
    .where("initiative_decisions.workspace_id", "=", workspaceId)
    .where("initiative_decisions.initiative_id", "=", initiativeId)
    .orderBy("initiative_decisions.decided_at", "desc")
    .orderBy("initiative_decisions.id", "desc")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    decidedAt: row.decided_at.toISOString(),
    outcome: checked(OutcomeSchema, row.outcome),
    policyVersion: row.policy_version,
    auditEntry: row.audit_entry,
  }));
}
