import { randomBytes } from "node:crypto";

import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { activeSpan } from "@paceline/telemetry";
import { sql } from "kysely";

import { buildLeaf } from "./build-leaf.ts";
import type { AuditStatement } from "./build-leaf.ts";

/** Channel on which a commit with audit entries wakes the sequencer; the payload is the workspace. */
export const AUDIT_CHANNEL = "audit_outbox";

/** Where to find an entry. Its index in the log follows a moment after the commit. */
export interface AuditReference {
  readonly id: string;
}

/**
 * Records a change in the transaction that makes it: without the entry the change does not happen,
 * and without the change there is no entry.
 *
 * @param tx the open transaction of the change
 * @throws TypeError for a statement that cannot be recorded, see {@link buildLeaf}
 */
export async function appendAudit(
  tx: Db,
  ctx: Pick<CommandContext, "actor" | "workspaceId" | "now" | "requestId" | "newId">,
  statement: AuditStatement,
): Promise<AuditReference> {
  if (!tx.isTransaction)
    throw new Error("an audit entry belongs into the transaction of its change");
  activeSpan()?.rename(`command ${statement.action}`);
  const id = ctx.newId();
  const context = { id, at: ctx.now, ...pickContext(ctx) };
  const built = buildLeaf(context, statement, randomBytes);
  const personal = built.personal;
  // One round trip: this statement is on the path of every change. Binary values go as text because
  // an array of them would have to be escaped twice.
  await sql`
    with entry as (
      insert into audit_outbox
        (workspace_id, id, occurred_at, action, actor_kind, actor_id, subject_kind, subject_id, leaf)
      values
        (${ctx.workspaceId}, ${id}, ${ctx.now}, ${statement.action}, ${built.actor.kind},
         ${built.actor.id}, ${statement.subject.kind}, ${statement.subject.id}, ${built.bytes})
    ), personal as (
      insert into audit_personal (workspace_id, entry_id, name, value, salt, person_id)
      select ${ctx.workspaceId}::uuid, ${id}::uuid, field.name, field.value, decode(field.salt, 'hex'), field.person_id
      from unnest(
        ${personal.map(({ name }) => name)}::text[],
        ${personal.map(({ value }) => value)}::text[],
        ${personal.map(({ salt }) => Buffer.from(salt).toString("hex"))}::text[],
        ${personal.map(({ personId }) => personId)}::text[]
      ) as field (name, value, salt, person_id)
    )
    select pg_notify(${AUDIT_CHANNEL}, ${ctx.workspaceId})`.execute(tx);
  if (built.payload !== null)
    await tx
      .insertInto("audit_payloads")
      .values({ workspace_id: ctx.workspaceId, entry_id: id, detail: Buffer.from(built.payload) })
      .execute();
  return { id };
}

function pickContext(
  ctx: Pick<CommandContext, "actor" | "workspaceId" | "requestId">,
): Pick<CommandContext, "actor" | "workspaceId" | "requestId"> {
  return { actor: ctx.actor, workspaceId: ctx.workspaceId, requestId: ctx.requestId };
}
