export {
  decodeLeaf,
  discloses,
  encodeLeaf,
  LEAF_VERSION,
  MAX_LEAF_LENGTH,
  personalDigest,
  SALT_LENGTH,
} from "./leaf.ts";
export type { AuditLeaf, LeafActor, PersonalField } from "./leaf.ts";
export { formatRow, parseRow, rowProblem } from "./row.ts";
export type { AuditRow } from "./row.ts";
export { EXIT_CODES, verifyAuditEntry, verifyAuditLog } from "./verify.ts";
export type { EntryVerdict, ProvenEntry, VerifyAuditInput } from "./verify.ts";
export { formatVerifierKey, parseVerifierKey } from "@paceline/transparency-log";
export type { LogVerdict, ReadResource, VerifierKey } from "@paceline/transparency-log";
