import type { Db } from "@paceline/db";
import { Value } from "typebox/value";

import { FlagTestsInput } from "../../flag-test-api.ts";
import type { FlagTestInput } from "../../flag-test-api.ts";

/** The expectations that are kept with an environment's draft, as they were written. */
export async function readTests(
  db: Db,
  flagId: string,
  environment: string,
): Promise<readonly FlagTestInput[]> {
  const row = await db
    .selectFrom("flag_drafts")
    .select("tests")
    .where("flag_id", "=", flagId)
    .where("environment", "=", environment)
    .executeTakeFirst();
  return row === undefined ? [] : Value.Parse(FlagTestsInput, row.tests);
}

/** Changes the expectations of a draft. @returns the draft's new version */
export async function writeTests(
  tx: Db,
  flagId: string,
  environment: string,
  tests: readonly FlagTestInput[],
  now: Date,
): Promise<number> {
  const { version } = await tx
    .updateTable("flag_drafts")
    .set((eb) => ({
      tests: JSON.stringify(tests),
      updated_at: now,
      version: eb("version", "+", 1),
    }))
    .where("flag_id", "=", flagId)
    .where("environment", "=", environment)
    .returning("version")
    .executeTakeFirstOrThrow();
  return version;
}
