import { appendAudit } from "@paceline/audit/server";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import { type PasswordError, decidePassword } from "../../domain/index.ts";
import { type AccessDeps, type Client, contextFor, personActor } from "../deps.ts";
import type { HashingError } from "../password-hashing.ts";
import { findUser, updatePassword } from "../repository.ts";
import { hashToken } from "../secrets.ts";
import { findHome, findOpenLink, revokeSessionsOf, consumeLink } from "../session-repository.ts";
import { type NewSession, sessionStart, startSession } from "./start-session.ts";

export type SetPasswordError = PasswordError | HashingError | { readonly kind: "link-not-usable" };

/** Uses a one-time link up to set a password; ends every session of the person and starts a new one. */
export async function setPassword(
  deps: AccessDeps,
  input: { readonly token: string; readonly password: string },
  client: Client,
): Promise<Result<NewSession, SetPasswordError>> {
  const tokenHash = hashToken(input.token);
  const link = await findOpenLink(deps.db, tokenHash, "set-password", deps.clock.now());
  const user = link?.userId == null ? null : await findUser(deps.db, link.userId);
  const home = user === null ? null : await findHome(deps.db, user.id);
  if (user === null || home === null) return err({ kind: "link-not-usable" });
  const password = decidePassword(input.password, [user.email, user.name]);
  if (!password.ok) return password;
  const hashed = await deps.hashing.hash(password.value);
  if (!hashed.ok) return hashed;

  const actor = personActor(user.id, user.name, home.role);
  const ctx = contextFor(deps, client, home.workspaceId, actor);
  return inTransaction(deps.db, async (tx) => {
    if ((await consumeLink(tx, tokenHash, "set-password", ctx.now)) === null)
      return err({ kind: "link-not-usable" });
    await updatePassword(tx, user.id, hashed.value, ctx.now);
    await revokeSessionsOf(tx, user.id, null, ctx.now);
    await appendAudit(tx, ctx, {
      action: "password.set",
      subject: { kind: "person", id: user.id },
      detail: { by: "one-time-link" },
    });
    const session = await startSession(tx, ctx, client, user.id);
    await appendAudit(tx, ctx, sessionStart(session, client, "set-password"));
    return ok(session);
  });
}
