import { FIRST_RUN_LINK_MS } from "../../domain/index.ts";
import type { AccessDeps } from "../deps.ts";
import { ownerExists } from "../repository.ts";
import { hashToken, newToken } from "../secrets.ts";
import { cancelLinks, insertLink } from "../session-repository.ts";

export type OneTimeLink = {
  /** path on this server; the token is in the fragment, which browsers never send and servers never log */
  readonly path: string;
  readonly expiresAt: Date;
};

/**
 * Makes the link that the server prints on its console until the installation has an owner. Each start
 * makes a new one and cancels the earlier ones.
 *
 * @returns null once there is an owner
 */
export async function makeFirstRunLink(
  deps: Pick<AccessDeps, "db" | "clock">,
): Promise<OneTimeLink | null> {
  if (await ownerExists(deps.db)) return null;
  const now = deps.clock.now();
  const token = newToken();
  const expiresAt = new Date(now.getTime() + FIRST_RUN_LINK_MS);
  // There is no workspace to audit in yet; using the link is the first entry of its log.
  await cancelLinks(deps.db, "first-run", null, now);
  await insertLink(deps.db, {
    tokenHash: hashToken(token),
    purpose: "first-run",
    workspaceId: null,
    userId: null,
    now,
    expiresAt,
  });
  return { path: `/first-run#${token}`, expiresAt };
}
