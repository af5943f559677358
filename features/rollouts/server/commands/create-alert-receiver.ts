import { randomBytes } from "node:crypto";

import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { insertReceiver } from "../guards/alert-repository.ts";
import type { AlertReceiver } from "../guards/alert-repository.ts";
import { alertTokenHash } from "../guards/receive-alerts.ts";

const TOKEN_BYTES = 32;

/** A receiver and its token, which is not kept. */
export interface NewAlertReceiver {
  readonly receiver: AlertReceiver;
  readonly token: string;
}

/** Opens a place where another system sends its alerts. */
export function createAlertReceiver(
  ctx: CommandContext,
  { name }: { readonly name: string },
): Promise<Result<NewAlertReceiver, never>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "key.edit");
    const token = `alerts_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
    const receiver: AlertReceiver = {
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      name,
      createdBy: ctx.actor.name,
      createdAt: ctx.now,
      lastUsedAt: null,
      revokedAt: null,
    };
    await insertReceiver(tx, receiver, alertTokenHash(token));
    await appendAudit(tx, ctx, {
      action: "alert-receiver.create",
      subject: { kind: "alert-receiver", id: receiver.id },
      detail: { name },
    });
    return ok({ receiver, token });
  });
}
