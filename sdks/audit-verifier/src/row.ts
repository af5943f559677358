import { equalBytes, fromBase64, fromHex, sha256, toHex } from "@paceline/transparency-log";
import type { LogRow, Outcome } from "@paceline/transparency-log";

import { decodeLeaf, discloses } from "./leaf.ts";
import type { AuditLeaf, PersonalField } from "./leaf.ts";

/** An audit entry as the database holds it: the leaf, and columns that repeat parts of it. */
export interface AuditRow {
  readonly index: number;
  readonly id: string;
  readonly workspace: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly subject: { readonly kind: string; readonly id: string };
  readonly leaf: Uint8Array;
  readonly leafHash: Uint8Array;
  /** Personal values that have not been erased. */
  readonly personal: readonly PersonalField[];
  /** The detail, if it was too large for the leaf; otherwise null. */
  readonly payload: Uint8Array | null;
}

/** One line of an exported row, as `paceline` writes it: binary values in base64, salts in hexadecimal. */
export function formatRow(row: AuditRow): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  return JSON.stringify({
    ...row,
    leaf: base64(row.leaf),
    leafHash: toHex(row.leafHash),
    personal: row.personal.map((field) => ({ ...field, salt: toHex(field.salt) })),
    payload: row.payload === null ? null : base64(row.payload),
  });
}

/** Reads one line of an export, or says why it is not a row. */
export function parseRow(line: string): Outcome<AuditRow> {
  const value = parseJson(line);
  const index = field(value, "index");
  const leaf = bytesOf(field(value, "leaf"), fromBase64);
  const leafHash = bytesOf(field(value, "leafHash"), fromHex);
  if (typeof index !== "number" || !Number.isSafeInteger(index) || index < 0)
    return { ok: false, error: "the row has no index" };
  if (leaf === null || leafHash === null)
    return { ok: false, error: `row ${index} has no readable leaf` };
  const payload = field(value, "payload");
  const personal = field(value, "personal");
  return {
    ok: true,
    value: {
      index,
      leaf,
      leafHash,
      id: textOf(field(value, "id")),
      workspace: textOf(field(value, "workspace")),
      at: textOf(field(value, "at")),
      action: textOf(field(value, "action")),
      actor: reference(field(value, "actor")),
      subject: reference(field(value, "subject")),
      personal: Array.isArray(personal) ? personal.map(readPersonal) : [],
      payload: bytesOf(payload, fromBase64),
    },
  };
}

/** What in a row contradicts its own leaf, in words; null if nothing does. */
export function rowProblem(row: AuditRow): string | null {
  const decoded = decodeLeaf(row.leaf);
  if (!decoded.ok) return decoded.error;
  const leaf = decoded.value;
  const columns: readonly (readonly [string, string, string])[] = [
    ["id", row.id, leaf.id],
    ["workspace", row.workspace, leaf.workspace],
    ["time", row.at, leaf.at],
    ["action", row.action, leaf.action],
    ["kind of actor", row.actor.kind, leaf.actor.kind],
    ["actor", row.actor.id, leaf.actor.id],
    ["kind of subject", row.subject.kind, leaf.subject.kind],
    ["subject", row.subject.id, leaf.subject.id],
  ];
  const lying = columns.find(([, stored, signed]) => stored !== signed);
  if (lying !== undefined) {
    const [name, stored, signed] = lying;
    return `the ${name} is stored as ${JSON.stringify(stored)} but was ${JSON.stringify(signed)}`;
  }
  const forged = row.personal.find((personal) => !discloses(leaf, personal));
  if (forged !== undefined) return `the personal field ${forged.name} is not the one recorded`;
  return payloadProblem(row.payload, leaf);
}

/** The row as the log compares it, together with what is wrong inside it. */
export function toLogRow(row: AuditRow): LogRow {
  const { index, leaf, leafHash } = row;
  return { index, leaf, leafHash, problem: rowProblem(row) };
}

function payloadProblem(payload: Uint8Array | null, leaf: AuditLeaf): string | null {
  if (payload === null) return null;
  const digest = fromHex(textOf(leaf.detail["sha256"]));
  return digest !== null && equalBytes(sha256(payload), digest)
    ? null
    : "the detail kept beside the leaf is not the one recorded";
}

function readPersonal(value: unknown): PersonalField {
  const salt = bytesOf(field(value, "salt"), fromHex) ?? new Uint8Array();
  return { name: textOf(field(value, "name")), value: textOf(field(value, "value")), salt };
}

function reference(value: unknown): { readonly kind: string; readonly id: string } {
  return { kind: textOf(field(value, "kind")), id: textOf(field(value, "id")) };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function bytesOf(value: unknown, decode: (text: string) => Uint8Array | null): Uint8Array | null {
  return typeof value === "string" ? decode(value) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
