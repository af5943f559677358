import type { Db } from "@paceline/db";
import { Type } from "typebox";
import { Value } from "typebox/value";

const Names = Type.Array(Type.String());

/** What somebody has set for an environment. */
export interface StoredContextSettings {
  readonly workspaceId: string;
  readonly environment: string;
  readonly enabled: boolean;
  /** In lower case, sorted. */
  readonly neverRecorded: readonly string[];
}

export async function readAllSettings(db: Db): Promise<readonly StoredContextSettings[]> {
  const rows = await db
    .selectFrom("flag_context_settings")
    .select(["workspace_id", "environment", "enabled", "never_recorded"])
    .execute();
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    environment: row.environment,
    enabled: row.enabled,
    neverRecorded: Value.Parse(Names, row.never_recorded),
  }));
}

export async function writeSettings(
  tx: Db,
  { workspaceId, environment, enabled, neverRecorded }: StoredContextSettings,
  now: Date,
): Promise<void> {
  await tx
    .insertInto("flag_context_settings")
    .values({
      workspace_id: workspaceId,
      environment,
      enabled,
      never_recorded: JSON.stringify(neverRecorded),
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "environment"]).doUpdateSet((eb) => ({
        enabled: eb.ref("excluded.enabled"),
        never_recorded: eb.ref("excluded.never_recorded"),
        updated_at: eb.ref("excluded.updated_at"),
      })),
    )
    .execute();
}
