import { canonicalJsonBytes, equalBytes, fromHex, sha256, toHex } from "@paceline/transparency-log";
import type { JsonObject, Outcome } from "@paceline/transparency-log";

/** Version of the leaf format that {@link encodeLeaf} writes. */
export const LEAF_VERSION = 1;

/** Bytes of salt for each personal field: enough that nobody can try all of them. */
export const SALT_LENGTH = 16;

/** Larger leaves are refused; a bundle of the log cannot hold an entry beyond 65,535 bytes. */
export const MAX_LEAF_LENGTH = 60_000;

/** Who acted. A name is personal and therefore in {@link AuditLeaf.personal}, never here. */
export interface LeafActor {
  readonly kind: string;
  /** Id of the person or key; the name of the part of the server for a service. */
  readonly id: string;
  /** The role in which a person acted. */
  readonly role?: string;
}

/** One audit entry as it is hashed into the log. */
export interface AuditLeaf {
  readonly v: typeof LEAF_VERSION;
  readonly id: string;
  readonly workspace: string;
  /** When the command acted, ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly request: string;
  readonly actor: LeafActor;
  /** `<noun>.<verb>`, such as `initiative.propose`. */
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly detail: JsonObject;
  /** Lower-case hexadecimal SHA-256 of salt and UTF-8 value, for each personal field by its name. */
  readonly personal: Readonly<Record<string, string>>;
}

/** A personal field with what is needed to show that it is the one in the log. */
export interface PersonalField {
  readonly name: string;
  readonly value: string;
  readonly salt: Uint8Array;
}

/**
 * The exact bytes that are stored and hashed.
 *
 * @throws TypeError if the detail is not JSON
 */
export function encodeLeaf(leaf: AuditLeaf): Uint8Array {
  return canonicalJsonBytes(leaf);
}

/** SHA-256 of the salt followed by the value, lower-case hexadecimal. */
export function personalDigest(field: PersonalField): string {
  return toHex(sha256(Buffer.concat([field.salt, Buffer.from(field.value, "utf8")])));
}

/** True if this is the value that the leaf was made with. */
export function discloses(leaf: AuditLeaf, field: PersonalField): boolean {
  const expected = Object.hasOwn(leaf.personal, field.name) ? leaf.personal[field.name] : undefined;
  return (
    expected !== undefined &&
    field.salt.length === SALT_LENGTH &&
    personalDigest(field) === expected
  );
}

/** Reads the bytes of a leaf; refuses anything that {@link encodeLeaf} would not have written. */
export function decodeLeaf(bytes: Uint8Array): Outcome<AuditLeaf> {
  const value = parseJson(bytes);
  if (!isObject(value)) return refuse("the leaf is not a JSON object");
  const { v, id, workspace, at, request, action, detail } = value;
  if (v !== LEAF_VERSION) return refuse("the leaf has another version");
  const actor = readActor(value["actor"]);
  const subject = readSubject(value["subject"]);
  const personal = readPersonal(value["personal"]);
  if (
    !isText(id) ||
    !isText(workspace) ||
    !isText(at) ||
    !isText(request) ||
    !isText(action) ||
    !isObject(detail) ||
    actor === null ||
    subject === null ||
    personal === null
  )
    return refuse("the leaf lacks a field or has one of another type");
  const leaf = {
    v: LEAF_VERSION,
    id,
    workspace,
    at,
    request,
    actor,
    action,
    subject,
    detail,
    personal,
  } as const;
  return isCanonical(bytes, leaf) ? { ok: true, value: leaf } : refuse("the leaf is not canonical");
}

function isCanonical(bytes: Uint8Array, leaf: AuditLeaf): boolean {
  try {
    return equalBytes(encodeLeaf(leaf), bytes);
  } catch {
    // Text that JSON can carry but a canonical form cannot, such as a lone surrogate.
    return false;
  }
}

function readActor(value: unknown): LeafActor | null {
  if (!isObject(value) || !isText(value["kind"]) || !isText(value["id"])) return null;
  const { kind, id, role } = value;
  if (role === undefined) return { kind, id };
  return isText(role) ? { kind, id, role } : null;
}

function readSubject(value: unknown): AuditLeaf["subject"] | null {
  if (!isObject(value) || !isText(value["kind"]) || !isText(value["id"])) return null;
  return { kind: value["kind"], id: value["id"] };
}

function readPersonal(value: unknown): Record<string, string> | null {
  if (!isObject(value)) return null;
  const entries: [string, string][] = [];
  for (const [name, digest] of Object.entries(value)) {
    if (!isText(digest) || fromHex(digest)?.length !== 32) return null;
    entries.push([name, digest]);
  }
  return Object.fromEntries(entries);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function refuse(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}
