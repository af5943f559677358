import type { Db } from "@paceline/db";

/** The last report of an environment as it was kept; null before the first. */
export async function findReport(
  db: Db,
  workspaceId: string,
  environment: string,
): Promise<unknown> {
  const row = await db
    .selectFrom("event_parity_reports")
    .select("report")
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .executeTakeFirst();
  return row?.report ?? null;
}
