import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { flagTestFaults } from "../../domain/index.ts";
import type { Fault } from "../../domain/index.ts";
import { toFlagTest } from "../../flag-test-api.ts";
import type { FlagTestInput } from "../../flag-test-api.ts";
import { lockFlag, readDraft, readLatest, writeDraft } from "../repository.ts";
import { writeTests } from "../tests/test-repository.ts";

export interface EditTests {
  readonly key: string;
  readonly environment: string;
  readonly tests: readonly FlagTestInput[];
  /** The draft's version that the editor has read, 0 for none; null overwrites whatever is there. */
  readonly version: number | null;
}

export type EditTestsError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "stale-version"; readonly current: number }
  | { readonly kind: "no-draft"; readonly environment: string }
  | { readonly kind: "invalid-tests"; readonly faults: readonly Fault[] };

/**
 * Writes what is expected of a flag in an environment. Expectations are part of the draft: where
 * there is none, one is made of what is in force.
 */
export async function editTests(
  ctx: CommandContext,
  input: EditTests,
): Promise<Result<{ readonly version: number }, EditTestsError>> {
  requirePermission(ctx, "flag.edit");
  const { key, environment, tests } = input;
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    const draft = await readDraft(tx, flag.id, environment);
    const current = draft?.version ?? 0;
    if (input.version !== null && input.version !== current) {
      return err({ kind: "stale-version", current });
    }
    const faults = flagTestFaults(flag.variants, tests.map(toFlagTest));
    if (faults.length > 0) return err({ kind: "invalid-tests", faults });
    if (draft === null) {
      const latest = await readLatest(tx, flag.id, environment);
      const configuration = latest?.content?.configuration;
      if (configuration === undefined) return err({ kind: "no-draft", environment });
      await writeDraft(tx, ctx, flag.id, environment, configuration);
    }
    const version = await writeTests(tx, flag.id, environment, tests, ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.tests",
      subject: { kind: "flag", id: flag.id },
      detail: { key, environment, version, tests: tests.length },
    });
    return ok({ version });
  });
}
