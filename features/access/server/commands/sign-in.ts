import { appendAudit } from "@paceline/audit/server";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import { normalisePassword } from "../../domain/index.ts";
import { type AccessDeps, type Client, contextFor, personActor } from "../deps.ts";
import type { HashingError } from "../password-hashing.ts";
import { findUserByEmail, lockPassword } from "../repository.ts";
import { findHome } from "../session-repository.ts";
import { type NewSession, sessionStart, startSession } from "./start-session.ts";

export type SignInError =
  | HashingError
  | { readonly kind: "wrong-credentials" }
  | { readonly kind: "too-many-attempts"; readonly retryAt: Date };

/**
 * Signs a person in. The answer for an unknown address, a member without password and a wrong password
 * is the same, and takes the same work. The attempt is counted before the password is looked at.
 */
export async function signIn(
  deps: AccessDeps,
  input: { readonly email: string; readonly password: string },
  client: Client,
): Promise<Result<NewSession, SignInError>> {
  const retryAt = deps.throttle.count(input.email, client.address, deps.clock.now());
  if (retryAt !== null) return err({ kind: "too-many-attempts", retryAt });
  const user = await findUserByEmail(deps.db, input.email);
  const password = normalisePassword(input.password);
  const verified = await deps.hashing.verify(password, user?.passwordHash ?? null);
  if (!verified.ok) {
    deps.throttle.forgive(input.email, client.address); // the password was not looked at
    return verified;
  }
  if (user === null || !verified.value) return err({ kind: "wrong-credentials" });
  const home = await findHome(deps.db, user.id);
  if (home === null) return err({ kind: "wrong-credentials" });
  deps.throttle.forgive(input.email, client.address);

  const actor = personActor(user.id, user.name, home.role);
  const ctx = contextFor(deps, client, home.workspaceId, actor);
  return inTransaction(deps.db, async (tx) => {
    // A password that was replaced while the old one was being checked opens nothing.
    if ((await lockPassword(tx, user.id)) !== user.passwordHash)
      return err({ kind: "wrong-credentials" });
    const session = await startSession(tx, ctx, client, user.id);
    await appendAudit(tx, ctx, sessionStart(session, client, "password"));
    return ok(session);
  });
}
