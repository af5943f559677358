import type { CommandContext } from "@paceline/command";
import { notify } from "@paceline/db";
import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import { EventEdits } from "../../bad-event-api.ts";
import type { EventEdit } from "../../domain/index.ts";
import { PLANS_CHANNEL } from "../plans/plan-repository.ts";

/** A mapping that is made at the door, until its end. */
export interface StoredMapping {
  readonly id: string;
  readonly title: string;
  /** Name of the events as sent. */
  readonly event: string;
  /** Null for every environment. */
  readonly environment: string | null;
  readonly edits: readonly EventEdit[];
  readonly endsAt: Date;
  readonly version: number;
  readonly createdAt: Date;
  readonly createdBy: string;
}

const COLUMNS = [
  "id",
  "title",
  "event",
  "environment",
  "edits",
  "ends_at",
  "version",
  "created_at",
  "created_by",
] as const;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly event: string;
  readonly environment: string | null;
  readonly edits: unknown;
  readonly ends_at: Date;
  readonly version: number;
  readonly created_at: Date;
  readonly created_by: string;
}

function mappingOf(row: Row): StoredMapping {
  return {
    id: row.id,
    title: row.title,
    event: row.event,
    environment: row.environment,
    edits: Value.Parse(EventEdits, row.edits),
    endsAt: row.ends_at,
    version: row.version,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

export async function listMappings(db: Db, workspaceId: string): Promise<readonly StoredMapping[]> {
  const rows = await db
    .selectFrom("event_mappings")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .orderBy("created_at", "desc")
    .limit(200)
    .execute();
  return rows.map(mappingOf);
}

export async function lockMapping(
  tx: Db,
  workspaceId: string,
  id: string,
): Promise<StoredMapping | null> {
  const row = await tx
    .selectFrom("event_mappings")
    .select(COLUMNS)
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : mappingOf(row);
}

export async function insertMapping(
  tx: Db,
  ctx: Pick<CommandContext, "workspaceId" | "now">,
  mapping: StoredMapping,
): Promise<void> {
  await tx
    .insertInto("event_mappings")
    .values({
      id: mapping.id,
      workspace_id: ctx.workspaceId,
      title: mapping.title,
      event: mapping.event,
      environment: mapping.environment,
      edits: JSON.stringify(mapping.edits),
      ends_at: mapping.endsAt,
      created_at: mapping.createdAt,
      created_by: mapping.createdBy,
    })
    .execute();
  await notify(tx, PLANS_CHANNEL, ctx.workspaceId);
}

export async function updateMapping(
  tx: Db,
  workspaceId: string,
  mapping: Pick<StoredMapping, "id" | "title" | "edits" | "endsAt" | "version">,
): Promise<void> {
  await tx
    .updateTable("event_mappings")
    .set({
      title: mapping.title,
      edits: JSON.stringify(mapping.edits),
      ends_at: mapping.endsAt,
      version: mapping.version + 1,
    })
    .where("id", "=", mapping.id)
    .execute();
  await notify(tx, PLANS_CHANNEL, workspaceId);
}

/** Mappings that have not ended by the server's clock, of every workspace or of one, oldest first. */
export async function readActiveMappings(
  db: Db,
  workspaceId: string | null,
): Promise<
  readonly {
    readonly workspaceId: string;
    readonly event: string;
    readonly environment: string | null;
    readonly edits: readonly EventEdit[];
    readonly endsAt: number;
  }[]
> {
  let query = db
    .selectFrom("event_mappings")
    .select([...COLUMNS, "workspace_id"])
    .orderBy("created_at")
    .orderBy("id");
  if (workspaceId !== null) query = query.where("workspace_id", "=", workspaceId);
  return (await query.execute()).map((row) => {
    const { event, environment, edits, endsAt } = mappingOf(row);
    return {
      workspaceId: row.workspace_id,
      event,
      environment,
      edits,
      endsAt: endsAt.getTime(),
    };
  });
}
