import {
  encodeLeaf,
  LEAF_VERSION,
  MAX_LEAF_LENGTH,
  personalDigest,
  SALT_LENGTH,
} from "@paceline/audit-verifier";
import type { AuditLeaf, LeafActor } from "@paceline/audit-verifier";
import type { Actor } from "@paceline/command";
import { canonicalJsonBytes, sha256, toHex } from "@paceline/transparency-log";
import type { JsonObject } from "@paceline/transparency-log";

import { isActionName, isKindName } from "../domain/entry.ts";
import type { AuditSubject } from "../domain/entry.ts";

/** Personal field with the name of who acted. */
export const ACTOR_NAME = "actor.name";

/** What a command says about its change. */
export interface AuditStatement {
  /** `<noun>.<verb>`, such as `initiative.propose`. */
  readonly action: string;
  readonly subject: AuditSubject;
  /** Facts of the change. Never names, addresses or free text about people: those are `personal`. */
  readonly detail?: JsonObject;
  /** Values that must be erasable, by field name. The log itself only holds their salted digests. */
  readonly personal?: Readonly<Record<string, string>>;
}

/** A personal value to be kept beside the log, and the person whom it is about, if known. */
interface PersonalRow {
  readonly name: string;
  readonly value: string;
  readonly salt: Uint8Array;
  readonly personId: string | null;
}

/** What is stored for one statement. */
export interface BuiltLeaf {
  readonly bytes: Uint8Array;
  readonly actor: LeafActor;
  readonly personal: readonly PersonalRow[];
  /** The detail, if it is too large for a leaf, which then holds its digest; otherwise null. */
  readonly payload: Uint8Array | null;
}

// Leaves the rest of a leaf (ids, digests of personal fields) a third of its room.
const MAX_DETAIL_LENGTH = 40_000;

/**
 * Builds the leaf of a statement.
 *
 * @param newSalt makes {@link SALT_LENGTH} random bytes
 * @throws TypeError for an action or kind that is no name, a detail that is no JSON, or a leaf that
 *   is too long although its detail was moved out
 */
export function buildLeaf(
  context: {
    readonly id: string;
    readonly workspaceId: string;
    readonly at: Date;
    readonly requestId: string;
    readonly actor: Actor;
  },
  statement: AuditStatement,
  newSalt: (length: number) => Uint8Array,
): BuiltLeaf {
  const { action, subject } = statement;
  if (!isActionName(action)) throw new TypeError(`not an action: ${JSON.stringify(action)}`);
  if (!isKindName(subject.kind))
    throw new TypeError(`not a kind of subject: ${JSON.stringify(subject.kind)}`);
  const personal = personalRows(context.actor, statement, newSalt);
  const { detail, payload } = placeDetail(statement.detail ?? {});
  const leaf: AuditLeaf = {
    v: LEAF_VERSION,
    id: context.id,
    workspace: context.workspaceId,
    at: context.at.toISOString(),
    request: context.requestId,
    actor: leafActor(context.actor),
    action,
    subject: { kind: subject.kind, id: subject.id },
    detail,
    personal: Object.fromEntries(personal.map((row) => [row.name, personalDigest(row)])),
  };
  const bytes = encodeLeaf(leaf);
  if (bytes.length > MAX_LEAF_LENGTH)
    throw new TypeError(`an audit entry of ${bytes.length} bytes is too long`);
  return { bytes, actor: leaf.actor, personal, payload };
}

function leafActor(actor: Actor): LeafActor {
  switch (actor.kind) {
    case "person":
      return { kind: "person", id: actor.id, role: actor.role };
    case "key":
      return { kind: "key", id: actor.id };
    case "service":
      return { kind: "service", id: actor.name };
  }
}

function personalRows(
  actor: Actor,
  statement: AuditStatement,
  newSalt: (length: number) => Uint8Array,
): PersonalRow[] {
  const named: readonly (readonly [string, string, string | null])[] =
    actor.kind === "service" ? [] : [[ACTOR_NAME, actor.name, actor.id]];
  const { subject } = statement;
  const about = subject.kind === "person" ? subject.id : null;
  const given = Object.entries(statement.personal ?? {});
  if (given.some(([name]) => name === ACTOR_NAME))
    throw new TypeError(`the personal field ${ACTOR_NAME} is taken from the actor`);
  return [...named, ...given.map(([name, value]) => [name, value, about] as const)].map(
    ([name, value, personId]) => ({ name, value, personId, salt: newSalt(SALT_LENGTH) }),
  );
}

function placeDetail(detail: JsonObject): { detail: JsonObject; payload: Uint8Array | null } {
  const bytes = canonicalJsonBytes(detail);
  if (bytes.length <= MAX_DETAIL_LENGTH) return { detail, payload: null };
  return { detail: { sha256: toHex(sha256(bytes)), bytes: bytes.length }, payload: bytes };
}
