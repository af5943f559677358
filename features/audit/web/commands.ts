import type { AuditCheckpoint } from "../api.ts";

/** The whole log, on the machine of the data directory. */
export const verifyHere = "npm run -s paceline -- audit verify";

/** One file that runs on Node 20 or newer with nothing beside it. */
export const buildVerifier = "npm run -s build --workspace @paceline/audit-verifier";

export const exportRows =
  'curl -fsS -H "Authorization: Bearer $PACELINE_KEY" $PACELINE_URL/api/v1/audit/export > audit-export.ndjson';

const verifier = "node paceline-audit-verify.mjs";

/** Quotes a word for a POSIX shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function keyed({ publicKey }: AuditCheckpoint): string {
  return `--public-key ${quoted(publicKey)}`;
}

/** The whole log without Paceline: a copy of its folder, the export, and an anchor kept elsewhere. */
export function verifyElsewhere(workspaceId: string, checkpoint: AuditCheckpoint): string {
  return `${verifier} audit/${workspaceId} --rows audit-export.ndjson --anchor anchor.txt ${keyed(checkpoint)}`;
}

/** One entry on the machine of the data directory. */
export function proveHere(workspaceId: string, index: number): string {
  return `npm run -s paceline -- audit prove ${index} --workspace ${workspaceId}`;
}

/** One entry without Paceline. */
export function proveElsewhere(
  workspaceId: string,
  index: number,
  checkpoint: AuditCheckpoint,
): string {
  return `${verifier} audit/${workspaceId} --entry ${index} ${keyed(checkpoint)}`;
}
