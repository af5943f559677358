import { createHash } from "node:crypto";

import { endingWith } from "@paceline/db";
import type { Db } from "@paceline/db";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sql } from "kysely";

import { problem, PROBLEM_TYPE, problemDocument } from "./problem.ts";

const MAX_KEY_LENGTH = 200;
const MAX_STORED_BYTES = 256 * 1024;

interface Claim {
  readonly owner: string;
  readonly key: string;
  readonly claimedAt: Date;
}

declare module "fastify" {
  interface FastifyRequest {
    idempotencyClaim: Claim | null;
  }
}

function fingerprint(request: FastifyRequest): string {
  const body = JSON.stringify(request.body ?? null);
  return createHash("sha256").update(`${request.method} ${request.url}\n${body}`).digest("hex");
}

function readKey(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (request.method !== "POST" || typeof key !== "string") return null;
  if (key.length >= 1 && key.length <= MAX_KEY_LENGTH) return key;
  throw problem({
    name: "bad-idempotency-key",
    title: "The idempotency key is not usable",
    status: 400,
    detail: `\`Idempotency-Key\` must have 1 to ${MAX_KEY_LENGTH} characters. Nothing was changed.`,
    errors: [{ pointer: "header/idempotency-key", detail: "has the wrong length" }],
  });
}

function ownerOf(request: FastifyRequest): string | null {
  const identity = request.identity;
  if (identity === null) return null;
  const actor = identity.actor.kind === "service" ? identity.actor.name : identity.actor.id;
  return `${identity.workspaceId}/${actor}`;
}

/** The processes that share a database. */
export interface ClaimingNodes {
  /** Which of them this is. */
  readonly node: string;
  /** Whether another of them has ended: what it had claimed and not done may be done again. */
  readonly isGone: (node: string) => Promise<boolean>;
}

/**
 * Claims the request's idempotency key, or answers with what the first request of that key got.
 *
 * @returns true if the stored answer was sent
 * @throws Problem 409 while the first request runs, 422 if the key was used for another request
 */
export async function claimIdempotencyKey(
  db: Db,
  request: FastifyRequest,
  reply: FastifyReply,
  nodes: ClaimingNodes,
): Promise<boolean> {
  const key = readKey(request);
  const owner = ownerOf(request);
  if (key === null || owner === null || request.routeOptions.config.idempotent === false)
    return false;
  const digest = fingerprint(request);
  const claimedAt = new Date();
  const inserted = await db
    .insertInto("idempotency_keys")
    .values({ owner, key, fingerprint: digest, created_at: claimedAt, node: nodes.node })
    .onConflict((conflict) => conflict.columns(["owner", "key"]).doNothing())
    .returning("key")
    .executeTakeFirst();
  if (inserted !== undefined) {
    request.idempotencyClaim = { owner, key, claimedAt };
    return false;
  }
  const earlier = await db
    .selectFrom("idempotency_keys")
    .select(["fingerprint", "status", "content_type", "body", "node"])
    .where("owner", "=", owner)
    .where("key", "=", key)
    .executeTakeFirst();
  if (earlier !== undefined && earlier.fingerprint !== digest) {
    throw problem({
      name: "idempotency-key-reused",
      title: "This key belongs to another request",
      status: 422,
      detail:
        "The idempotency key was used for a different request. Take a new key. Nothing was changed.",
    });
  }
  const claimedBy = earlier?.status === null ? earlier.node : null;
  if (claimedBy !== null && (await nodes.isGone(claimedBy))) {
    await giveUp(db, sql`node = ${claimedBy} and owner = ${owner} and key = ${key}`);
    return claimIdempotencyKey(db, request, reply, nodes);
  }
  if (earlier === undefined || earlier.status === null) {
    throw problem({
      name: "still-running",
      title: "The first request still runs",
      status: 409,
      detail: "A request with this idempotency key is still running. Repeat it in a moment.",
      headers: { "retry-after": "1" },
    });
  }
  await reply
    .status(earlier.status)
    .header("content-type", earlier.content_type ?? "application/json; charset=utf-8")
    .header("idempotency-replayed", "true")
    .send(earlier.body ?? "");
  return true;
}

/**
 * Every transaction of a request with a claimed key says in the same commit that the key was used. A
 * repetition after a kill then cannot act again, whether or not the answer was kept.
 *
 * @throws Problem 409 from the transaction whose claim is gone: a repetition may have acted meanwhile
 */
export function markActs(request: FastifyRequest): void {
  const { idempotencyClaim: claim, context } = request;
  if (claim === null || context === null) return;
  const db = endingWith(context.db, async (tx) => {
    const marked = await tx
      .updateTable("idempotency_keys")
      .set({ acted_at: context.now })
      .where("owner", "=", claim.owner)
      .where("key", "=", claim.key)
      .where("created_at", "=", claim.claimedAt)
      .returning("key")
      .executeTakeFirst();
    if (marked !== undefined) return;
    throw problem({
      name: "idempotency-claim-gone",
      title: "The request took too long for its key",
      status: 409,
      detail:
        "The claim of its idempotency key was given up before it was done. Nothing was changed. Read what is there now, then repeat it with a new key.",
    });
  });
  request.context = { ...context, db };
}

const LOST = {
  name: "idempotent-answer-lost",
  title: "It was done, and its answer is lost",
  status: 409,
  detail:
    "The first request with this idempotency key took effect, but its answer was not kept: the server stopped, failed or had too much to say. Nothing is done again. Read what is there now.",
} as const;

/** What a key answers whose request took effect and whose own answer is not there. */
const LOST_ANSWER = {
  status: LOST.status,
  content_type: PROBLEM_TYPE,
  body: JSON.stringify(problemDocument(LOST, "about:blank")),
};

/** Frees claims that have changed nothing; those that have keep saying that their answer is lost. */
async function giveUp(db: Db, where: ReturnType<typeof sql>): Promise<void> {
  const { status, content_type, body } = LOST_ANSWER;
  await sql`delete from idempotency_keys where status is null and acted_at is null and ${where}`.execute(
    db,
  );
  await sql`update idempotency_keys set status = ${status}, content_type = ${content_type}, body = ${body}
    where status is null and acted_at is not null and ${where}`.execute(db);
}

/** Keeps the answer of a claimed key; an answer of 500 and above, or one too large, gives the key up. */
export async function storeIdempotentAnswer(
  db: Db,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  const claim = request.idempotencyClaim;
  if (claim === null) return;
  request.idempotencyClaim = null;
  const body = typeof payload === "string" ? payload : "";
  const { owner, key, claimedAt } = claim;
  if (reply.statusCode >= 500 || body.length > MAX_STORED_BYTES) {
    await giveUp(db, sql`owner = ${owner} and key = ${key} and created_at = ${claimedAt}`);
    return;
  }
  const contentType = reply.getHeader("content-type");
  await db
    .updateTable("idempotency_keys")
    .set({
      status: reply.statusCode,
      body,
      content_type: typeof contentType === "string" ? contentType : null,
    })
    .where("owner", "=", owner)
    .where("key", "=", key)
    .where("created_at", "=", claimedAt)
    .execute();
}

/**
 * Gives up the claims of a process that was killed while it worked: its clients may repeat at once what
 * changed nothing, and hear of the rest that it was done. Call it while no process answers as this node.
 */
export async function freeAbandonedClaims(db: Db, node: string): Promise<void> {
  await giveUp(db, sql`node = ${node}`);
}

/** Frees keys older than a day, and gives up claims of processes that died while they worked. */
export async function expireIdempotencyKeys(db: Db, now: Date): Promise<void> {
  await sql`delete from idempotency_keys
    where created_at < ${now}::timestamptz - interval '24 hours'`.execute(db);
  await giveUp(db, sql`created_at < ${now}::timestamptz - interval '5 minutes'`);
}
