import { Type } from "typebox";
import type { Static } from "typebox";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer({ minimum: 0 });
const Digest = Type.String({ description: "HMAC-SHA-256 under the secret of the installation" });
const Sha256 = Type.Union([Type.String(), Type.Null()]);
const Month = Type.String({ pattern: "^\\d{4}-(?:0[1-9]|1[0-2])$" });

const MAX_IDENTIFIERS = 100;

export const EraseBody = Type.Object({
  identifiers: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    minItems: 1,
    maxItems: MAX_IDENTIFIERS,
    description: "user ids and anonymous ids of one person, as they were sent",
  }),
  suppress: Type.Optional(
    Type.Boolean({ description: "refuse later events of these identifiers; true if absent" }),
  ),
  reason: Type.String({ minLength: 1, maxLength: 500, description: "must not name the person" }),
});

/** What one erasure did. It names nobody. */
export const ErasureView = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal("running"), Type.Literal("done")]),
  requestedAt: Instant,
  completedAt: Type.Union([Instant, Type.Null()]),
  tookMs: Type.Union([Type.Number(), Type.Null()]),
  requestedBy: Type.String(),
  reason: Type.String(),
  suppress: Type.Boolean(),
  progress: Type.Union([
    Type.Object({ filesDone: Count, files: Type.Union([Count, Type.Null()]) }),
    Type.Null(),
  ]),
  identifiers: Type.Array(Digest),
  shared: Type.Array(Digest, {
    description: "anonymous ids that came with other user ids, too, and were kept",
  }),
  rowsRemoved: Count,
  badRemoved: Count,
  rowsRedacted: Count,
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      rowsRemoved: Count,
      rowsRedacted: Count,
      sha256Before: Sha256,
      sha256After: Sha256,
    }),
  ),
  unexamined: Type.Array(Type.String(), {
    description: "damaged files that may hold the person and could not be rewritten",
  }),
  receiptSha256: Type.Union([Type.String(), Type.Null()], {
    description: "of the receipt as the ledger keeps it; also in the audit log",
  }),
});

export const RetentionRule = Type.Object({
  environment: Type.Union([Type.String(), Type.Null()], {
    description: "null for every environment without a rule of its own",
  }),
  months: Type.Union([Type.Integer({ minimum: 1, maximum: 1200 }), Type.Null()], {
    description: "whole months that stay besides the present one; null keeps events for ever",
  }),
});

export const RetentionQuery = Type.Object({
  environment: Type.Optional(Type.String({ description: "with `before`: only this environment" })),
  before: Type.Optional(Month),
});

const MonthCount = Type.Object({ environment: Type.String(), month: Type.String(), events: Count });

export const RetentionView = Type.Object({
  rules: Type.Array(RetentionRule),
  due: Type.Array(MonthCount, {
    description: "what goes next, by the rules; by `before` if the query has it",
  }),
});

/** The same as values, for pages and programs. */
export type Erasure = Static<typeof ErasureView>;
export type Retention = Static<typeof RetentionView>;
export type RetentionSetting = Static<typeof RetentionRule>;
