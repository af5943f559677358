import { Type } from "typebox";
import type { Static } from "typebox";

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Hash = Type.String({ description: "SHA-256 in base64" });
const Index = Type.Integer({ minimum: 0 });

/** One audit entry for people to read. */
export const AuditEntry = Type.Object({
  index: Nullable(Type.Integer({ minimum: 0, description: "place in the log" })),
  id: Type.String({ format: "uuid" }),
  at: Type.String({ format: "date-time" }),
  action: Type.String({ description: "such as initiative.propose" }),
  actor: Type.Object({
    kind: Type.String(),
    id: Type.String(),
    role: Nullable(Type.String()),
    name: Nullable(Type.String({ description: "null once it has been erased" })),
  }),
  subject: Type.Object({ kind: Type.String(), id: Type.String() }),
  detail: Type.Unknown({
    description: "facts of the change; null if the stored entry is unreadable",
  }),
  personal: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Nullable(Type.String({ description: "null once it has been erased" })),
    }),
  ),
  requestId: Nullable(Type.String()),
});
export type AuditEntry = Static<typeof AuditEntry>;

/** Filters of the list; all of them must hold. */
export const AuditQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
  action: Type.Optional(
    Type.String({ maxLength: 100, description: "an action, or `noun.*` for all of a noun" }),
  ),
  actor: Type.Optional(
    Type.String({ maxLength: 200, description: "id of a person, key or service" }),
  ),
  subjectKind: Type.Optional(Type.String({ maxLength: 100 })),
  subjectId: Type.Optional(Type.String({ maxLength: 200 })),
  from: Type.Optional(Type.String({ format: "date-time", description: "first instant" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "end, excluded" })),
});
export type AuditQuery = Static<typeof AuditQuery>;

export const AuditPage = Type.Object({
  items: Type.Array(AuditEntry, { description: "newest first" }),
  next: Nullable(Type.String({ description: "cursor of the next page, null on the last one" })),
  pending: Type.Array(AuditEntry, {
    description: "recorded but without a place in the log yet; on the first page only",
  }),
});
export type AuditPage = Static<typeof AuditPage>;

/** A signed checkpoint, taken apart. */
export const AuditCheckpoint = Type.Object({
  origin: Type.String(),
  treeSize: Index,
  root: Hash,
  note: Type.String({
    description: "C2SP checkpoint with its signature: keep it elsewhere as an anchor",
  }),
  publicKey: Type.String({ description: "C2SP verifier key that the note opens with" }),
});
export type AuditCheckpoint = Static<typeof AuditCheckpoint>;

export const AuditProof = Type.Object({
  index: Index,
  leaf: Type.String({ description: "the bytes of the entry in base64" }),
  leafHash: Hash,
  hashes: Type.Array(Hash, { description: "inclusion proof of RFC 6962, leaf to root" }),
  checkpoint: AuditCheckpoint,
});
export type AuditProof = Static<typeof AuditProof>;

export const ProvenAuditEntry = Type.Object({
  entry: AuditEntry,
  proof: Nullable(AuditProof),
});
export type ProvenAuditEntry = Static<typeof ProvenAuditEntry>;

export const ConsistencyQuery = Type.Object({
  from: Type.Integer({ minimum: 1, description: "size of the earlier tree" }),
  to: Type.Optional(Type.Integer({ minimum: 1, description: "size of the later tree" })),
});

export const AuditConsistency = Type.Object({
  oldSize: Index,
  newSize: Index,
  oldRoot: Hash,
  newRoot: Hash,
  hashes: Type.Array(Hash, { description: "consistency proof of RFC 6962" }),
});
export type AuditConsistency = Static<typeof AuditConsistency>;

const LogPart = Type.Union([
  Type.Literal("checkpoint"),
  Type.Literal("entry"),
  Type.Literal("tile"),
  Type.Literal("row"),
  Type.Literal("anchor"),
]);

/** What verifying the whole log found. */
export const AuditVerification = Type.Object({
  verdict: Type.Union([Type.Literal("intact"), Type.Literal("tampered"), Type.Literal("unusable")]),
  checkedAt: Type.String({ format: "date-time" }),
  treeSize: Nullable(Index),
  root: Nullable(Hash),
  rowsCompared: Index,
  rowsBeyond: Index,
  firstBroken: Nullable(Index),
  problems: Type.Array(Type.Object({ part: LogPart, index: Nullable(Index), what: Type.String() })),
  reason: Nullable(Type.String()),
});
export type AuditVerification = Static<typeof AuditVerification>;

export const ExportQuery = Type.Object({
  from: Type.Optional(Type.Integer({ minimum: 0, description: "first index" })),
  personal: Type.Optional(
    Type.Boolean({ description: "include personal values and their salts; withheld by default" }),
  ),
});

/** Whose or which personal values to erase. */
export const ErasePersonal = Type.Union([
  Type.Object(
    { personId: Type.String({ minLength: 1, maxLength: 200 }) },
    { additionalProperties: false },
  ),
  Type.Object({ entryId: Type.String({ format: "uuid" }) }, { additionalProperties: false }),
]);
export type ErasePersonal = Static<typeof ErasePersonal>;

export const ErasedPersonal = Type.Object({
  fields: Type.Integer({ minimum: 0, description: "personal values erased" }),
  entries: Type.Integer({ minimum: 0, description: "entries that they belonged to" }),
});
export type ErasedPersonal = Static<typeof ErasedPersonal>;
