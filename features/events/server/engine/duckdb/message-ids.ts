import { stat } from "node:fs/promises";

import type { SourceMessages } from "../answers.ts";
import type { CompiledQuery } from "../plan.ts";
import { text } from "../rows.ts";
import type { EngineRow } from "../rows.ts";

/** So many rows are read at a time: some 20 MB of ids. */
const PART_ROWS = 200_000;

interface FileRows {
  readonly path: string;
  readonly rows: number;
}

/** A stretch of the rows of one file. */
interface Part {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Where the message ids of one part are. A file that was written before `storedSince` holds nothing
 * stored later; one that was written since may hold older events, too.
 *
 * @returns null behind the last part
 */
export async function findPart(
  files: readonly FileRows[],
  storedSince: number,
  part: number,
): Promise<Part | null> {
  let first = 0;
  for (const { path, rows } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const { mtimeMs } = await stat(path);
    if (mtimeMs < storedSince) continue;
    const parts = Math.ceil(rows / PART_ROWS);
    if (part < first + parts) {
      const from = (part - first) * PART_ROWS;
      return { path, from, to: from + PART_ROWS };
    }
    first += parts;
  }
  return null;
}

export function messageIdsOf({ path, from, to }: Part): CompiledQuery {
  return {
    text: `SELECT s.workspace, s.environment, s.source, list(s.message_id) AS message_ids
FROM read_parquet($1, file_row_number = true) AS s
WHERE s.file_row_number >= $2::BIGINT AND s.file_row_number < $3::BIGINT
GROUP BY s.workspace, s.environment, s.source`,
    parameters: [path, from, to],
  };
}

export function readMessageIds(row: EngineRow): SourceMessages {
  const ids = row["message_ids"];
  if (!Array.isArray(ids)) throw new TypeError("message_ids is no list");
  return {
    workspace: text(row, "workspace"),
    environment: text(row, "environment"),
    source: text(row, "source"),
    messageIds: ids.map(String),
  };
}
