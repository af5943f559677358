import { Type } from "typebox";
import type { Static } from "typebox";

const Digest = Type.Object({ digest: Type.String(), tag: Type.Integer() });
const Sha256 = Type.Union([Type.String(), Type.Null()]);

/**
 * What one erasure did, as the ledger keeps it: one line for each. It names nobody; identifiers are
 * keyed digests. Instants are Unix milliseconds.
 */
export const ErasureReceiptSchema = Type.Object({
  id: Type.String(),
  workspace: Type.String(),
  /** Names the secret of the digests, and does not give it away. */
  key: Type.String(),
  requestedAt: Type.Number(),
  completedAt: Type.Number(),
  /** From the first byte read to the last old file gone. */
  tookMs: Type.Number(),
  actor: Type.String(),
  reason: Type.String(),
  /** Whether later events of the person are refused at the door. */
  suppress: Type.Boolean(),
  erased: Type.Array(Digest),
  /** Anonymous ids that came with other user ids, too: kept. */
  shared: Type.Array(Digest),
  rowsRemoved: Type.Integer(),
  badRemoved: Type.Integer(),
  rowsRedacted: Type.Integer(),
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      rowsRemoved: Type.Integer(),
      rowsRedacted: Type.Integer(),
      sha256Before: Sha256,
      sha256After: Sha256,
    }),
  ),
  /** Damaged files that may hold the person and could not be rewritten. */
  unexamined: Type.Array(Type.String()),
  /** What was erased again from a restored backup; absent where the erasure itself was here. */
  replayed: Type.Optional(Type.Object({ at: Type.Number(), rowsRemoved: Type.Integer() })),
});

export type ErasureReceipt = Static<typeof ErasureReceiptSchema>;
