import { createHash } from "node:crypto";

import type { Db } from "@paceline/db";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sql } from "kysely";

import { problem } from "./problem.ts";

const MAX_KEY_LENGTH = 200;
const MAX_STORED_BYTES = 256 * 1024;

interface Claim {
  readonly owner: string;
  readonly key: string;
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

/**
 * Claims the request's idempotency key, or answers with what the first request of that key got.
 *
 * @param node which of the processes on this database asks, for `freeAbandonedClaims`
 * @returns true if the stored answer was sent
 * @throws Problem 409 while the first request runs, 422 if the key was used for another request
 */
export async function claimIdempotencyKey(
  db: Db,
  request: FastifyRequest,
  reply: FastifyReply,
  node: string,
): Promise<boolean> {
  const key = readKey(request);
  const owner = ownerOf(request);
  if (key === null || owner === null || request.routeOptions.config.idempotent === false)
    return false;
  const digest = fingerprint(request);
  const inserted = await db
    .insertInto("idempotency_keys")
    .values({ owner, key, fingerprint: digest, created_at: new Date(), node })
    .onConflict((conflict) => conflict.columns(["owner", "key"]).doNothing())
    .returning("key")
    .executeTakeFirst();
  if (inserted !== undefined) {
    request.idempotencyClaim = { owner, key };
    return false;
  }
  const earlier = await db
    .selectFrom("idempotency_keys")
    .select(["fingerprint", "status", "content_type", "body"])
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

/** Keeps the answer of a claimed key; an answer of 500 and above, or one too large, frees the key. */
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
  if (reply.statusCode >= 500 || body.length > MAX_STORED_BYTES) {
    await db
      .deleteFrom("idempotency_keys")
      .where("owner", "=", claim.owner)
      .where("key", "=", claim.key)
      .execute();
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
    .where("owner", "=", claim.owner)
    .where("key", "=", claim.key)
    .execute();
}

/**
 * Frees the claims of a process that was killed while it worked, so that its clients may repeat at once
 * and need not wait for `expireIdempotencyKeys`. Call it while no process answers requests as this node.
 *
 * What the killed request had committed stays: its repetition meets it, and only its answer is lost.
 */
export async function freeAbandonedClaims(db: Db, node: string): Promise<void> {
  await db
    .deleteFrom("idempotency_keys")
    .where("status", "is", null)
    .where("node", "=", node)
    .execute();
}

/** Frees keys older than a day, and claims of processes that died while they worked. */
export async function expireIdempotencyKeys(db: Db, now: Date): Promise<void> {
  await sql`delete from idempotency_keys
    where created_at < ${now}::timestamptz - interval '24 hours'
       or (status is null and created_at < ${now}::timestamptz - interval '5 minutes')`.execute(db);
}
