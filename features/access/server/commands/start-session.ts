import type { AuditStatement } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";

import { SESSION_ABSOLUTE_MS } from "../../domain/index.ts";
import type { Client } from "../deps.ts";
import { hashToken, newToken } from "../secrets.ts";
import { insertSession, revokeSession } from "../session-repository.ts";

const MAX_USER_AGENT = 300;

/** A session that has just begun; `token` is what the cookie carries. */
export type NewSession = {
  readonly id: string;
  readonly token: string;
  readonly expiresAt: Date;
  readonly userId: string;
  readonly workspaceId: string;
};

/** Part of a larger transaction, which also records it. The session that the browser had before ends. */
export async function startSession(
  tx: Db,
  ctx: CommandContext,
  client: Client,
  userId: string,
): Promise<NewSession> {
  if (client.presentedToken !== null)
    await revokeSession(tx, hashToken(client.presentedToken), ctx.now);
  const token = newToken();
  const id = ctx.newId();
  const { workspaceId } = ctx;
  const expiresAt = new Date(ctx.now.getTime() + SESSION_ABSOLUTE_MS);
  await insertSession(tx, {
    tokenHash: hashToken(token),
    id,
    userId,
    workspaceId,
    now: ctx.now,
    expiresAt,
    clientAddress: client.address,
    userAgent: client.userAgent.slice(0, MAX_USER_AGENT),
  });
  return { id, token, expiresAt, userId, workspaceId };
}

/** The audit statement of a session's start. */
export function sessionStart(
  session: NewSession,
  client: Client,
  by: "password" | "first-run" | "set-password",
): AuditStatement {
  return {
    action: "session.start",
    subject: { kind: "session", id: session.id },
    detail: { by },
    personal: { client: client.address },
  };
}
