import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { publishWayBack } from "../publication-door.ts";
import type { WayBack } from "../publication-door.ts";
import { lockFlag, readLatest } from "../repository.ts";

export type SwitchOffFlagError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "never-published"; readonly key: string };

/**
 * Publishes what is in force with the switch off: everyone gets the off variant. The way back where no
 * older revision is the target; like every way back it needs no approval. The draft stays as it is.
 */
export async function switchOffFlag(
  ctx: CommandContext,
  { key, environment }: { readonly key: string; readonly environment: string },
): Promise<Result<WayBack, SwitchOffFlagError>> {
  requirePermission(ctx, "rollback.execute");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    const latest = await readLatest(tx, flag.id, environment);
    const content = latest?.content ?? null;
    if (latest === null || content === null) return err({ kind: "never-published", key });
    if (!content.configuration.enabled) return ok({ ...latest, failingTests: [] });
    const off = { ...content, configuration: { ...content.configuration, enabled: false } };
    const publication = await publishWayBack(tx, ctx, {
      flag,
      environment,
      before: content,
      after: off,
      action: "revert",
      audit: { action: "flag.switch-off", detail: { before: latest.digest } },
    });
    return ok(publication);
  });
}
