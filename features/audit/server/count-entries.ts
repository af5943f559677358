import type { Db } from "@paceline/db";
import { sql } from "kysely";

import type { AuditSubject } from "../domain/entry.ts";

/** Entries about a subject, those that wait for their place in the log included. */
export async function countEntriesAbout(
  db: Db,
  workspaceId: string,
  subject: AuditSubject,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (
      select count(*) from audit_entries as entry
      where entry.workspace_id = ${workspaceId} and entry.subject_kind = ${subject.kind} and entry.subject_id = ${subject.id}
    ) + (
      select count(*) from audit_outbox as waiting
      where waiting.workspace_id = ${workspaceId} and waiting.subject_kind = ${subject.kind} and waiting.subject_id = ${subject.id}
    ) as count`.execute(db);
  return rows[0]?.count ?? 0;
}
