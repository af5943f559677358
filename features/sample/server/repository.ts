import type { Db } from "@paceline/db";

/** How far the made-up data of a workspace has come. */
export interface SampleMarker {
  readonly workspaceId: string;
  readonly seed: number;
  readonly state: "filling" | "present" | "failed" | "removed";
  readonly failure: string | null;
}

function stateOf(text: string): SampleMarker["state"] {
  switch (text) {
    case "filling":
    case "present":
    case "removed":
      return text;
    default:
      return "failed";
  }
}

/** The marker of a workspace, or of the only one that has a sample; null for none. */
export async function findMarker(db: Db, workspaceId: string | null): Promise<SampleMarker | null> {
  const row = await db
    .selectFrom("samples")
    .select(["workspace_id", "seed", "state", "failure"])
    .$if(workspaceId !== null, (query) => query.where("workspace_id", "=", workspaceId))
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { workspace_id, seed, state, failure } = row;
  return { workspaceId: workspace_id, seed: Number(seed), state: stateOf(state), failure };
}

/** Locks the marker, so that one removal is made and not two. */
export async function lockMarker(tx: Db, workspaceId: string): Promise<SampleMarker | null> {
  await tx
    .selectFrom("samples")
    .select("workspace_id")
    .where("workspace_id", "=", workspaceId)
    .forUpdate()
    .executeTakeFirst();
  return findMarker(tx, workspaceId);
}

export async function writeMarker(db: Db, marker: SampleMarker, now: Date): Promise<void> {
  const { workspaceId, seed, state, failure } = marker;
  await db
    .insertInto("samples")
    .values({ workspace_id: workspaceId, seed, state, failure, changed_at: now })
    .onConflict((conflict) =>
      conflict.column("workspace_id").doUpdateSet({ seed, state, failure, changed_at: now }),
    )
    .execute();
}
