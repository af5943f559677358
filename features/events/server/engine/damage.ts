import { Database } from "./duckdb/database.ts";
import type { DatabaseOptions } from "./duckdb/database.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { reasonOf } from "./segment-set.ts";
import type { HeldSegment } from "./segment-set.ts";

/** Failures that have nothing to do with what is in the files. */
const OTHER_FAILURES = /^(?:Out of Memory|Binder|Parser|Catalog|Interrupt|Permission) /i;

/** Whether a failure may come from a damaged file, so that looking at the files is worth the time. */
export function mayBeDamage(cause: unknown): boolean {
  return !OTHER_FAILURES.test(reasonOf(cause));
}

/** Reads each file as a whole in a DuckDB of its own: damage can end one for good. */
export async function unreadableAmong(
  segments: readonly HeldSegment[],
  options: DatabaseOptions,
): Promise<readonly { readonly segment: HeldSegment; readonly reason: string }[]> {
  const damaged: { segment: HeldSegment; reason: string }[] = [];
  let database = await Database.open(options);
  for (const segment of segments) {
    try {
      await database.all(duckdbLoading.readWhole(segment.path));
    } catch (cause) {
      if (mayBeDamage(cause)) damaged.push({ segment, reason: reasonOf(cause) });
      await database.close();
      database = await Database.open(options);
    }
  }
  await database.close();
  return damaged;
}
