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
