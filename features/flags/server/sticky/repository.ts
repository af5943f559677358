import type { Db } from "@paceline/db";
import { sql } from "kysely";

import type { Assignment } from "../../domain/index.ts";

/** Where units are assigned. */
export interface AssignmentPlace {
  readonly workspaceId: string;
  readonly environment: string;
}

/** Everything that was assigned to a unit in an environment. */
export async function readAssignments(
  db: Db,
  { workspaceId, environment }: AssignmentPlace,
  unit: string,
): Promise<readonly Assignment[]> {
  const rows = await db
    .selectFrom("flag_assignments")
    .select(["flag_key", "rule_id", "phase", "variant"])
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .where("unit", "=", unit)
    .execute();
  return rows.map(({ flag_key, rule_id, phase, variant }) => ({
    flagKey: flag_key,
    ruleId: rule_id,
    phase,
    variant,
  }));
}

/** What was assigned to some units in an environment, by unit; those that have nothing are left out. */
export async function readAssignmentsOf(
  db: Db,
  { workspaceId, environment }: AssignmentPlace,
  units: readonly string[],
): Promise<ReadonlyMap<string, readonly Assignment[]>> {
  const found = new Map<string, Assignment[]>();
  if (units.length === 0) return found;
  const rows = await db
    .selectFrom("flag_assignments")
    .select(["unit", "flag_key", "rule_id", "phase", "variant"])
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .where("unit", "in", units)
    .execute();
  for (const { unit, flag_key, rule_id, phase, variant } of rows) {
    const known = found.get(unit) ?? [];
    known.push({ flagKey: flag_key, ruleId: rule_id, phase, variant });
    found.set(unit, known);
  }
  return found;
}

/** Assigns once: what is there stays. A unit that an earlier phase has tainted is not assigned. */
export async function insertAssignment(
  db: Db,
  place: AssignmentPlace,
  unit: string,
  { flagKey, ruleId, phase, variant }: Assignment,
  minPhase: number,
  now: Date,
): Promise<void> {
  const { workspaceId, environment } = place;
  await sql`
    insert into flag_assignments
      (workspace_id, environment, unit, flag_key, rule_id, phase, variant, assigned_at)
    select ${workspaceId}::uuid, ${environment}::text, ${unit}::text, ${flagKey}::text,
      ${ruleId}::text, ${phase}::integer, ${variant}::text, ${now}::timestamptz
    where not exists (
      select 1 from flag_assignments a
      where a.workspace_id = ${workspaceId}::uuid and a.environment = ${environment}
        and a.unit = ${unit} and a.flag_key = ${flagKey} and a.rule_id = ${ruleId}
        and a.phase < ${minPhase}::integer)
    on conflict do nothing`.execute(db);
}

/** @returns how many assignments of these units were deleted */
export async function deleteAssignments(
  db: Db,
  workspaceId: string,
  units: readonly string[],
): Promise<number> {
  if (units.length === 0) return 0;
  const { numDeletedRows } = await db
    .deleteFrom("flag_assignments")
    .where("workspace_id", "=", workspaceId)
    .where("unit", "in", units)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
