import type { Db } from "@paceline/db";
import { sql } from "kysely";

export interface UsageRow {
  readonly workspaceId: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly at: Date;
}

/** Rows of one statement; keys that no flag has are left out, however many of them callers make up. */
const ROWS = 1_000;

/**
 * Notes when flags were last asked for. The first row of an environment says since when it is known.
 * In one order everywhere, so that two nodes never wait for each other.
 */
export async function writeUsage(db: Db, rows: readonly UsageRow[]): Promise<void> {
  const sorted = rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  for (let start = 0; start < sorted.length; start += ROWS) {
    const part = sorted.slice(start, start + ROWS);
    await sql`
      insert into flag_usage (workspace_id, environment, flag_key, first_at, last_at)
      select u.workspace_id, u.environment, u.flag_key, u.at, u.at
      from unnest(
        ${part.map(({ workspaceId }) => workspaceId)}::uuid[],
        ${part.map(({ environment }) => environment)}::text[],
        ${part.map(({ flagKey }) => flagKey)}::text[],
        ${part.map(({ at }) => at)}::timestamptz[]
      ) as u (workspace_id, environment, flag_key, at)
      where u.flag_key = '' or exists (
        select from flags f where f.workspace_id = u.workspace_id and f.key = u.flag_key)
      on conflict (workspace_id, environment, flag_key)
      do update set last_at = greatest(flag_usage.last_at, excluded.last_at)`.execute(db);
  }
}

function nameOf({ workspaceId, environment, flagKey }: UsageRow): string {
  return `${workspaceId} ${environment} ${flagKey}`;
}

/** When a flag was last asked for in an environment; the key is "" for all flags at once. */
export interface Usage {
  readonly environment: string;
  readonly flagKey: string;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

export async function readUsage(db: Db, workspaceId: string): Promise<readonly Usage[]> {
  const rows = await db
    .selectFrom("flag_usage")
    .select(["environment", "flag_key", "first_at", "last_at"])
    .where("workspace_id", "=", workspaceId)
    .execute();
  return rows.map((row) => ({
    environment: row.environment,
    flagKey: row.flag_key,
    firstAt: row.first_at,
    lastAt: row.last_at,
  }));
}
