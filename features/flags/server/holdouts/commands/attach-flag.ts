import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { holdoutGate, isHeldOut, isServing, withHoldout } from "../../../domain/index.ts";
import { lockEnvironment } from "../../needs.ts";
import { publishContent } from "../../publication-door.ts";
import type { DoorRefusal, PublicationDoor } from "../../publication-door.ts";
import { lockFlag, readLatest } from "../../repository.ts";
import type { Publication } from "../../repository.ts";
import { lockHoldout, readHoldout } from "../repository.ts";

export interface AttachFlag {
  readonly key: string;
  readonly flagKey: string;
}

export type AttachFlagError =
  | { readonly kind: "holdout-not-found"; readonly key: string }
  | { readonly kind: "holdout-not-active"; readonly key: string; readonly state: string }
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "not-published"; readonly environment: string }
  | DoorRefusal;

/**
 * Puts a flag that is in force under a holdout: its held-out units lose what the flag gave them. Where
 * it has served, what the holdout says of it is marked as biased.
 */
export async function attachToHoldout(
  door: PublicationDoor,
  ctx: CommandContext,
  { key, flagKey }: AttachFlag,
): Promise<Result<Publication, AttachFlagError>> {
  requirePermission(ctx, "holdout.edit");
  return inTransaction(ctx.db, async (tx) => {
    const seen = await readHoldout(tx, ctx.workspaceId, key);
    if (seen === null) return err({ kind: "holdout-not-found", key });
    const flag = await lockFlag(tx, ctx.workspaceId, flagKey);
    if (flag === null) return err({ kind: "flag-not-found", key: flagKey });
    await lockEnvironment(tx, ctx.workspaceId, seen.environment);
    const holdout = (await lockHoldout(tx, ctx.workspaceId, key)) ?? seen;
    const { environment, state } = holdout;
    if (state !== "active") return err({ kind: "holdout-not-active", key, state });
    const latest = await readLatest(tx, flag.id, environment);
    if (latest === null || latest.content === null)
      return err({ kind: "not-published", environment });
    const before = latest.content;
    if (before.configuration.rules.length > 0 && isHeldOut(before, key)) return ok(latest);
    await appendAudit(tx, ctx, {
      action: "holdout.attach",
      subject: { kind: "holdout", id: holdout.id },
      detail: { key, flagKey, biased: isServing(before) },
    });
    return publishContent(door, tx, ctx, {
      flag,
      environment,
      before,
      after: withHoldout(before, key, holdoutGate(holdout)),
      action: "holdout",
      audit: { action: "flag.publish", detail: { before: latest.digest, holdout: key } },
    });
  });
}
