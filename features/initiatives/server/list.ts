import type { Db } from "@paceline/db";
import { cursorPage, readCursor } from "@paceline/http";
import type { Page } from "@paceline/http";
import { sql } from "kysely";

import type { Board } from "../api.ts";
import { ModeSchema, StateSchema } from "../api.ts";
import type { InitiativeState, Mode } from "../domain/index.ts";
import { checked } from "./checked.ts";
import { INITIATIVE_COLUMNS, toInitiative } from "./repository.ts";
import type { Initiative } from "./repository.ts";

/** How a list is ordered; a leading hyphen means last first. */
export const SORTS = ["-number", "number", "-updated", "updated", "title", "-title"] as const;

type Sort = (typeof SORTS)[number];

/** What a list is narrowed to. */
export interface ListFilter {
  readonly states: readonly InitiativeState[];
  /** `undecided` stands for initiatives without a mode. */
  readonly modes: readonly (Mode | "undecided")[];
  readonly ownerId: string | null;
  /** Words of the title, or a number such as `CHG-12` or `12`. */
  readonly search: string;
  readonly sort: Sort;
}

const SORT_COLUMNS = {
  number: sql`initiatives.number`,
  updated: sql`initiatives.updated_at`,
  title: sql`lower(initiatives.title)`,
} as const;

function sortKey(sort: Sort): keyof typeof SORT_COLUMNS {
  if (sort.endsWith("number")) return "number";
  return sort.endsWith("updated") ? "updated" : "title";
}

function keyOf(sort: Sort, initiative: Initiative): readonly string[] {
  const values = {
    number: String(initiative.number),
    updated: initiative.updatedAt.toISOString(),
    title: initiative.title.toLowerCase(),
  };
  return [values[sortKey(sort)], initiative.id];
}

function filtered(db: Db, workspaceId: string, { states, modes, ownerId, search }: ListFilter) {
  let query = db
    .selectFrom("initiatives")
    .select(INITIATIVE_COLUMNS)
    .where("initiatives.workspace_id", "=", workspaceId);
  if (states.length > 0) query = query.where("initiatives.state", "in", [...states]);
  if (modes.length > 0) {
    const settled = modes.filter((mode) => mode !== "undecided");
    query = query.where((eb) =>
      eb.or([
        ...(settled.length > 0 ? [eb("initiatives.mode", "in", settled)] : []),
        ...(modes.includes("undecided") ? [eb("initiatives.mode", "is", null)] : []),
      ]),
    );
  }
  if (ownerId !== null) query = query.where("initiatives.owner_id", "=", ownerId);
  const words = search.trim();
  if (words === "") return query;
  const number = /^(?:chg-)?(\d{1,9})$/i.exec(words)?.[1];
  const pattern = `%${words.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
  return query.where((eb) =>
    eb.or([
      eb("initiatives.title", "ilike", pattern),
      ...(number === undefined ? [] : [eb("initiatives.number", "=", Number(number))]),
    ]),
  );
}

/** One page of initiatives. */
export async function listInitiatives(
  db: Db,
  workspaceId: string,
  filter: ListFilter,
  page: { readonly limit: number; readonly cursor: string | undefined },
): Promise<Page<Initiative>> {
  const descending = filter.sort.startsWith("-");
  const key = sortKey(filter.sort);
  const column = SORT_COLUMNS[key];
  const after = readCursor(page.cursor, 2);
  let query = filtered(db, workspaceId, filter);
  if (after !== null) {
    const [value = "", id = ""] = after;
    const type = { number: sql`integer`, updated: sql`timestamptz`, title: sql`text` }[key];
    const operator = descending ? sql`<` : sql`>`;
    query = query.where(
      sql<boolean>`(${column}, initiatives.id) ${operator} (${value}::${type}, ${id}::uuid)`,
    );
  }
  const direction = descending ? "desc" : "asc";
  const rows = await query
    .orderBy(column, direction)
    .orderBy("initiatives.id", direction)
    .limit(page.limit + 1)
    .execute();
  return cursorPage(rows.map(toInitiative), page.limit, (initiative) =>
    keyOf(filter.sort, initiative),
  );
}

/** Counts for the board: by state, by mode, and how many timeboxes have expired. */
export async function boardCounts(db: Db, workspaceId: string, now: Date): Promise<Board> {
  const rows = await db
    .selectFrom("initiatives")
    .select((eb) => ["initiatives.state", "initiatives.mode", eb.fn.countAll<number>().as("count")])
    .where("initiatives.workspace_id", "=", workspaceId)
    .groupBy(["initiatives.state", "initiatives.mode"])
    .execute();
  const expired = await db
    .selectFrom("initiative_iterations")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("initiative_iterations.workspace_id", "=", workspaceId)
    .where("initiative_iterations.closed_at", "is", null)
    .where("initiative_iterations.ends_at", "<=", now)
    .executeTakeFirstOrThrow();
  const sum = (counted: readonly { readonly count: number }[]) =>
    counted.reduce((total, { count }) => total + count, 0);
  const states = StateSchema.enum.map((state) => ({
    state: checked(StateSchema, state),
    count: sum(rows.filter((row) => row.state === state)),
  }));
  const modes = [...ModeSchema.enum, null].map((mode) => ({
    mode: mode === null ? null : checked(ModeSchema, mode),
    count: sum(rows.filter((row) => row.mode === mode)),
  }));
  return { total: sum(rows), states, modes, expiredTimeboxes: expired.count };
}
