import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { lifecycleRefusal } from "../../domain/index.ts";
import type { Lifecycle, SettableLifecycle } from "../../domain/index.ts";
import { lockFlag, setLifecycle } from "../repository.ts";
import type { StoredFlag } from "../repository.ts";

export interface SetLifecycle {
  readonly key: string;
  readonly lifecycle: SettableLifecycle;
}

export type SetLifecycleError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | {
      readonly kind: "lifecycle-follows";
      readonly key: string;
      readonly from: Lifecycle;
      readonly reason: string;
    };

/** Says that a flag has come to its end, that its code may go, or that it lives on after all. */
export async function moveLifecycle(
  ctx: CommandContext,
  { key, lifecycle }: SetLifecycle,
): Promise<Result<StoredFlag, SetLifecycleError>> {
  requirePermission(ctx, "flag.edit");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag === null) return err({ kind: "flag-not-found", key });
    const { lifecycle: from } = flag;
    if (from === lifecycle) return ok(flag);
    const reason = lifecycleRefusal(from);
    if (reason !== null) return err({ kind: "lifecycle-follows", key, from, reason });
    await setLifecycle(tx, flag.id, lifecycle, ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.lifecycle",
      subject: { kind: "flag", id: flag.id },
      detail: { key, from, to: lifecycle },
    });
    return ok({ ...flag, lifecycle, version: flag.version + 1 });
  });
}

/** Concludes a flag whose experiment or rollout has come to its end; one that is not live stays. */
export async function concludeFlag(ctx: CommandContext, key: string): Promise<void> {
  await inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, key);
    if (flag?.lifecycle !== "live") return;
    await setLifecycle(tx, flag.id, "concluded", ctx.now);
    await appendAudit(tx, ctx, {
      action: "flag.lifecycle",
      subject: { kind: "flag", id: flag.id },
      detail: { key, from: "live", to: "concluded" },
    });
  });
}
