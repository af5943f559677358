import type { Db } from "@paceline/db";
import type { EvaluationContext } from "@paceline/flag-eval";

import { stickyRulesOf, stickyUnits, withAssignments } from "../../domain/index.ts";
import type { Assignment, Known, PublishedSet, StickyRule } from "../../domain/index.ts";

async function readAssignedBy(
  db: Db,
  { workspaceId, environment }: PublishedSet,
  { flagKey, ruleId }: StickyRule,
  unit: string,
  at: Date,
): Promise<readonly Assignment[]> {
  const rows = await db
    .selectFrom("flag_assignments")
    .select(["phase", "variant"])
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .where("unit", "=", unit)
    .where("flag_key", "=", flagKey)
    .where("rule_id", "=", ruleId)
    .where("assigned_at", "<=", at)
    .execute();
  return rows.map(({ phase, variant }) => ({ flagKey, ruleId, phase, variant }));
}

/** A context with what its units had been assigned by a moment; nothing is assigned by asking. */
export interface AssignedContext {
  readonly context: EvaluationContext;
  /** Whether the rule had assigned one of the context's units by then. */
  readonly hadAssigned: (ruleId: string) => boolean;
}

/** What the sticky rules that a flag may ask had assigned to the context's units by a moment. */
export async function assignedAt(
  db: Db,
  set: PublishedSet,
  key: string,
  context: EvaluationContext,
  at: Date,
): Promise<AssignedContext> {
  const rules = stickyRulesOf(set, key);
  if (rules.length === 0) return { context, hadAssigned: () => false };
  const found = new Map<StickyRule, Known>();
  for (const rule of rules) {
    const { unit, fallback } = stickyUnits(rule, context);
    const names = [unit, fallback].filter((name) => name !== null);
    const known: Assignment[] = [];
    for (const name of names) known.push(...(await readAssignedBy(db, set, rule, name, at)));
    found.set(rule, known);
  }
  const keeping = [...found].filter(([rule, known]) =>
    known?.some(({ phase }) => phase === rule.phase),
  );
  const hadAssigned = (ruleId: string): boolean =>
    keeping.some(([rule]) => rule.flagKey === key && rule.ruleId === ruleId);
  return { context: withAssignments(context, found), hadAssigned };
}
