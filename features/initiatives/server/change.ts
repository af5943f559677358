import type { Actor, CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import { canonicalJsonBytes, sha256, toHex } from "@paceline/transparency-log";
import type { JsonObject } from "@paceline/transparency-log";

import type { ArtifactContents, Proposal } from "../domain/index.ts";
import { RISK_DOMAINS } from "../domain/index.ts";
import type { EvidenceScope } from "./dependencies.ts";
import type { InitiativeError } from "./errors.ts";
import type { Subject } from "./evaluation.ts";
import { readOwnDomains } from "./policy-store.ts";
import { lockInitiative, readArtifacts, readIterations } from "./repository.ts";
import type { Initiative } from "./repository.ts";

/** The id under which an actor is kept in rows. */
export function actorId(actor: Actor): string {
  return actor.kind === "service" ? actor.name : actor.id;
}

/**
 * Locks an initiative for a change.
 *
 * @param expectedVersion  the version that the caller read; null where any will do
 */
export async function openChange(
  tx: Db,
  ctx: CommandContext,
  id: string,
  expectedVersion: number | null,
): Promise<Result<Initiative, InitiativeError>> {
  const initiative = await lockInitiative(tx, ctx.workspaceId, id);
  if (initiative === null) return err({ kind: "initiative-not-found" });
  if (expectedVersion !== null && expectedVersion !== initiative.version) {
    return err({ kind: "stale-initiative", current: initiative.version });
  }
  return ok(initiative);
}

/** What the policy looks at for a stored initiative. */
export async function subjectOf(db: Db, initiative: Initiative): Promise<Subject> {
  const { id, workspaceId } = initiative;
  const written = (await readArtifacts(db, workspaceId, [id])).get(id) ?? {
    contents: {},
    writtenAtMs: {},
  };
  const started = (await readIterations(db, workspaceId, [id])).length;
  return {
    initiativeId: id,
    ownerId: initiative.ownerId,
    mode: initiative.mode,
    proposal: initiative.proposal,
    written,
    iterationsUsed: Math.max(started, initiative.iterationsRequested),
  };
}

/** Where a command looks for evidence: in its own transaction, at its own instant. */
export function scopeOf(tx: Db, ctx: CommandContext): EvidenceScope {
  return { db: tx, workspaceId: ctx.workspaceId, now: ctx.now };
}

/** Refuses risk domains that the workspace does not have. */
export async function checkRiskDomains(
  db: Db,
  workspaceId: string,
  { riskDomains }: Pick<Proposal, "riskDomains">,
): Promise<Result<null, InitiativeError>> {
  if (riskDomains === null || riskDomains.length === 0) return ok(null);
  const own = await readOwnDomains(db, workspaceId);
  const known = new Set<string>([...RISK_DOMAINS, ...own].map(({ key }) => key));
  const keys = riskDomains.filter((key) => !known.has(key));
  return keys.length === 0 ? ok(null) : err({ kind: "risk-domain-unknown", keys });
}

/** Digests of what was written, for the audit log, which holds no free text. */
export function contentDigests(contents: ArtifactContents): JsonObject {
  return Object.fromEntries(
    Object.entries(contents).map(([artifact, content]) => [
      artifact,
      toHex(sha256(canonicalJsonBytes(content))),
    ]),
  );
}

/** A proposal as a detail of an audit entry. */
export function proposalDetail(proposal: Proposal): JsonObject {
  return { ...proposal };
}
