import { Type } from "typebox";
import type { TSchema } from "typebox";

import { problem } from "./problem.ts";

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;

/** Query members of every list: `limit` and the opaque `cursor` of the previous page's `next`. */
export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE })),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
});

/** Schema of one page of a list. */
export function PageOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Union([Type.String(), Type.Null()], {
      description: "cursor of the next page, null on the last one",
    }),
  });
}

/** A page of rows, made from one row more than was asked for. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** How many rows a page holds when the query names no limit. */
export function pageLimit(limit: number | undefined): number {
  return Math.min(limit ?? DEFAULT_PAGE, MAX_PAGE);
}

/**
 * Cuts a page out of `limit + 1` rows.
 *
 * @param keyOf  the sort key of a row, as texts; the next page starts after it
 */
export function cursorPage<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly string[],
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items,
    next: more ? Buffer.from(JSON.stringify(keyOf(last))).toString("base64url") : null,
  };
}

/** Reads a cursor back into its sort key. @throws Problem 400 if it is not one of ours */
export function readCursor(cursor: string | undefined, parts: number): readonly string[] | null {
  if (cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (
      Array.isArray(key) &&
      key.length === parts &&
      key.every((part) => typeof part === "string")
    ) {
      return key;
    }
  } catch {
    // falls through to the refusal below: an unreadable cursor and a foreign one are the same fault
  }
  throw problem({
    name: "bad-cursor",
    title: "The cursor is not readable",
    status: 400,
    detail: "Take `cursor` from the `next` of the previous page, or leave it out to start over.",
    errors: [{ pointer: "query/cursor", detail: "is not a cursor of this list" }],
  });
}
