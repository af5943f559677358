import type { Db } from "@paceline/db";

/** How long events of one environment are kept; of all without a rule of their own where it is null. */
export interface StoredRetention {
  readonly workspaceId: string;
  readonly environment: string | null;
  /** Whole months besides the present one; null for ever. */
  readonly months: number | null;
}

export async function readRetention(
  db: Db,
  workspaceId: string | null,
): Promise<readonly StoredRetention[]> {
  let query = db
    .selectFrom("event_retention")
    .select(["workspace_id", "environment", "months"])
    .orderBy("workspace_id")
    .orderBy("environment");
  if (workspaceId !== null) query = query.where("workspace_id", "=", workspaceId);
  const rows = await query.execute();
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    environment: row.environment,
    months: row.months,
  }));
}

export async function upsertRetention(tx: Db, rule: StoredRetention, now: Date): Promise<void> {
  const { workspaceId, environment, months } = rule;
  await tx
    .insertInto("event_retention")
    .values({ workspace_id: workspaceId, environment, months, changed_at: now })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "environment"]).doUpdateSet({ months, changed_at: now }),
    )
    .execute();
}
