import type { FlagSummary } from "../../api.ts";
import type { StaleFlagView } from "../../stale-api.ts";

const columns = [
  "key",
  "description",
  "kind",
  "type",
  "lifecycle",
  "tags",
  "owner",
  "created_at",
  "expires_at",
  "in_force",
  "stale",
] as const;

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\n\r]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function inForce({ published }: FlagSummary): string {
  return published
    .map(({ environment, revision, enabled }) =>
      enabled ? `${environment} r${revision}` : `${environment} r${revision} off`,
    )
    .join("; ");
}

/** The flags as CSV (RFC 4180), one a line, with what makes each one stale. */
export function flagsCsv(
  flags: readonly FlagSummary[],
  ownerOf: (id: string | null) => string,
  staleOf: (key: string) => StaleFlagView | undefined,
): string {
  const lines = flags.map((flag) =>
    [
      flag.key,
      flag.description,
      flag.kind,
      flag.type,
      flag.lifecycle,
      flag.tags.join("; "),
      ownerOf(flag.owner),
      flag.createdAt,
      flag.expiresAt ?? "",
      inForce(flag),
      (staleOf(flag.key)?.reasons ?? []).map(({ words }) => words).join("; "),
    ]
      .map(cell)
      .join(","),
  );
  return [columns.join(","), ...lines, ""].join("\r\n");
}
