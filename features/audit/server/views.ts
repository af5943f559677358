import { decodeLeaf } from "@paceline/audit-verifier";
import type { PersonalField } from "@paceline/audit-verifier";
import type { Db } from "@paceline/db";
import { cursorPage, pageLimit, readCursor } from "@paceline/http";
import { sql } from "kysely";
import type { SqlBool } from "kysely";

import type { AuditEntry, AuditPage, AuditQuery } from "../api.ts";
import { ACTOR_NAME } from "./build-leaf.ts";
import { badCursor, badInstant } from "./problems.ts";
import { readPersonal } from "./rows.ts";

/** Entries without a place in the log that a page shows at most: a moment's worth. */
const MAX_PENDING = 50;

/** One page of the log, newest first. */
export async function viewEntries(
  db: Db,
  workspaceId: string,
  query: AuditQuery,
): Promise<AuditPage> {
  const limit = pageLimit(query.limit);
  const [cursor] = readCursor(query.cursor, 1) ?? [];
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw badCursor();
  const before = cursor === undefined ? null : Number(cursor);
  const rows = await sql<StoredEntry>`
    select entry.leaf_index, entry.id, entry.occurred_at, entry.action, entry.actor_kind,
      entry.actor_id, entry.subject_kind, entry.subject_id, entry.leaf
    from audit_entries as entry
    where entry.workspace_id = ${workspaceId} and ${matches(query)}
      and ${before === null ? sql<SqlBool>`true` : sql<SqlBool>`entry.leaf_index < ${before}`}
    order by entry.leaf_index desc
    limit ${limit + 1}`.execute(db);
  const page = cursorPage(rows.rows, limit, (row) => [String(row.leaf_index)]);
  const pending = before === null ? await readPending(db, workspaceId, query) : [];
  const shown = await present(db, workspaceId, [...page.items, ...pending]);
  return {
    items: shown.slice(0, page.items.length),
    next: page.next,
    pending: shown.slice(page.items.length),
  };
}

/** One entry by its index or its id; null if there is none. */
export async function viewEntry(
  db: Db,
  workspaceId: string,
  key: { readonly index: number } | { readonly id: string },
): Promise<AuditEntry | null> {
  const named =
    "index" in key
      ? sql<SqlBool>`entry.leaf_index = ${key.index}`
      : sql<SqlBool>`entry.id = ${key.id}`;
  const { rows } = await sql<StoredEntry>`
    select entry.leaf_index, entry.id, entry.occurred_at, entry.action, entry.actor_kind,
      entry.actor_id, entry.subject_kind, entry.subject_id, entry.leaf
    from (
      select placed.workspace_id, placed.leaf_index, placed.id, placed.occurred_at, placed.action,
        placed.actor_kind, placed.actor_id, placed.subject_kind, placed.subject_id, placed.leaf
      from audit_entries as placed
      union all
      select outbox.workspace_id, null, outbox.id, outbox.occurred_at, outbox.action,
        outbox.actor_kind, outbox.actor_id, outbox.subject_kind, outbox.subject_id, outbox.leaf
      from audit_outbox as outbox
    ) as entry
    where entry.workspace_id = ${workspaceId} and ${named}`.execute(db);
  const [entry] = await present(db, workspaceId, rows);
  return entry ?? null;
}

interface StoredEntry {
  readonly leaf_index: number | null;
  readonly id: string;
  readonly occurred_at: Date;
  readonly action: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly leaf: Buffer;
}

async function readPending(
  db: Db,
  workspaceId: string,
  query: AuditQuery,
): Promise<readonly StoredEntry[]> {
  const { rows } = await sql<StoredEntry>`
    select null::bigint as leaf_index, entry.id, entry.occurred_at, entry.action, entry.actor_kind,
      entry.actor_id, entry.subject_kind, entry.subject_id, entry.leaf
    from audit_outbox as entry
    where entry.workspace_id = ${workspaceId} and ${matches(query)}
    order by entry.position desc
    limit ${MAX_PENDING}`.execute(db);
  return rows;
}

/** The filters of a query as a condition on `entry`. */
function matches(query: AuditQuery) {
  const { action, actor, subjectKind, subjectId, from, to } = query;
  const conditions = [
    sql<SqlBool>`true`,
    ...(action === undefined ? [] : [matchesAction(action)]),
    ...(actor === undefined ? [] : [sql<SqlBool>`entry.actor_id = ${actor}`]),
    ...(subjectKind === undefined ? [] : [sql<SqlBool>`entry.subject_kind = ${subjectKind}`]),
    ...(subjectId === undefined ? [] : [sql<SqlBool>`entry.subject_id = ${subjectId}`]),
    ...(from === undefined ? [] : [sql<SqlBool>`entry.occurred_at >= ${instant("from", from)}`]),
    ...(to === undefined ? [] : [sql<SqlBool>`entry.occurred_at < ${instant("to", to)}`]),
  ];
  return sql.join(conditions, sql` and `);
}

/** RFC 3339 knows leap seconds, which no `Date` can hold. */
function instant(name: string, text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw badInstant(name);
  return at;
}

function matchesAction(action: string) {
  return action.endsWith(".*")
    ? sql<SqlBool>`starts_with(entry.action, ${action.slice(0, -1)})`
    : sql<SqlBool>`entry.action = ${action}`;
}

async function present(
  db: Db,
  workspaceId: string,
  rows: readonly StoredEntry[],
): Promise<AuditEntry[]> {
  const personal = await readPersonal(
    db,
    workspaceId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => presentEntry(row, personal.get(row.id) ?? []));
}

function presentEntry(row: StoredEntry, kept: readonly PersonalField[]): AuditEntry {
  const decoded = decodeLeaf(row.leaf);
  const leaf = decoded.ok ? decoded.value : null;
  const names = Object.keys(leaf?.personal ?? {});
  const valueOf = (name: string): string | null =>
    kept.find((field) => field.name === name)?.value ?? null;
  return {
    index: row.leaf_index,
    id: row.id,
    at: row.occurred_at.toISOString(),
    action: row.action,
    actor: {
      kind: row.actor_kind,
      id: row.actor_id,
      role: leaf?.actor.role ?? null,
      name: valueOf(ACTOR_NAME),
    },
    subject: { kind: row.subject_kind, id: row.subject_id },
    detail: leaf?.detail ?? null,
    personal: names
      .filter((name) => name !== ACTOR_NAME)
      .map((name) => ({ name, value: valueOf(name) })),
    requestId: leaf?.request ?? null,
  };
}
