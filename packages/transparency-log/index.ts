export { canonicalJson, canonicalJsonBytes, MAX_JSON_DEPTH } from "./canonical-json.ts";
export type { Json, JsonObject } from "./canonical-json.ts";
export { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
export type { Checkpoint } from "./checkpoint.ts";
export { appendLeaves, EMPTY_FRONTIER, frontierRoot, treeRoot } from "./frontier.ts";
export type { Frontier } from "./frontier.ts";
export { growLog } from "./grow-log.ts";
export type { GrownLog, LogResource } from "./grow-log.ts";
export {
  emptyRoot,
  equalBytes,
  fromBase64,
  fromHex,
  HASH_LENGTH,
  leafHash,
  nodeHash,
  sha256,
  toBase64,
  toHex,
} from "./hash.ts";
export type { LogProblem, LogRow } from "./log-scan.ts";
export {
  formatVerifierKey,
  openNote,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
  signNote,
  verifierKey,
} from "./note.ts";
export type { OpenedNote, SignerKey, VerifierKey } from "./note.ts";
export type { Outcome } from "./outcome.ts";
export { consistencyPath, inclusionPath, verifyConsistency, verifyInclusion } from "./proof.ts";
export type { ConsistencyClaim, InclusionClaim, LeafRange } from "./proof.ts";
export {
  decodeEntries,
  decodeTile,
  encodeEntries,
  encodeTile,
  entriesPath,
  grownTiles,
  hashesAtTileLevel,
  MAX_ENTRY_LENGTH,
  parseTilePath,
  TILE_WIDTH,
  tileAt,
  tilePath,
} from "./tiles.ts";
export type { TileCoordinate, TileResource } from "./tiles.ts";
export {
  proveConsistency,
  proveInclusion,
  readEntries,
  readEntry,
  readFrontier,
  readRoot,
  readTile,
  treeReader,
} from "./tree-reader.ts";
export type { ReadResource, TreeReader } from "./tree-reader.ts";
export { MAX_PROBLEMS, verifyLog } from "./verify-log.ts";
export type { LogVerdict, VerifyLogInput } from "./verify-log.ts";
