import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction, notify } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import type { KeyRequest, KeyRequestError } from "../../domain/index.ts";
import { decideKey, formatKey } from "../../domain/index.ts";
import { KEYS_CHANNEL, insertKey } from "../key-repository.ts";
import { findEnvironment } from "../repository.ts";
import { hashToken, newKeyText } from "../secrets.ts";

export type CreateKeyError =
  | KeyRequestError
  | { readonly kind: "no-such-environment"; readonly key: string };

export type CreatedKey = {
  readonly id: string;
  /** the whole key; it can never be read again */
  readonly secret: string;
};

/** Creates an API key. An admin key acts as an owner, so only who may edit the workspace creates one. */
export function createKey(
  ctx: CommandContext,
  input: KeyRequest & { readonly name: string },
): Promise<Result<CreatedKey, CreateKeyError>> {
  requirePermission(ctx, "key.edit");
  if (input.scopes.includes("admin")) requirePermission(ctx, "workspace.edit");
  return inTransaction(ctx.db, async (tx) => {
    const decision = decideKey(input);
    if (!decision.ok) return decision;
    const { scopes, environment } = decision.value;
    if (environment !== null && (await findEnvironment(tx, ctx.workspaceId, environment)) === null)
      return err({ kind: "no-such-environment", key: environment });
    const text = newKeyText();
    const id = ctx.newId();
    await insertKey(tx, {
      id,
      workspaceId: ctx.workspaceId,
      environment,
      name: input.name,
      prefix: text.prefix,
      secretHash: hashToken(text.secret),
      scopes,
      now: ctx.now,
      createdBy: ctx.actor.name,
    });
    await appendAudit(tx, ctx, {
      action: "key.create",
      subject: { kind: "key", id },
      detail: { name: input.name, scopes: [...scopes], environment, prefix: text.prefix },
    });
    await notify(tx, KEYS_CHANNEL, text.prefix);
    return ok({ id, secret: formatKey(text) });
  });
}
