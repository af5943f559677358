import { withConnection } from "./connect.ts";
import { PostgresError, errorCode } from "./errors.ts";

const OLDEST_MAJOR = 15;
const NEWEST_MAJOR = 18;

export type PostgresVersion = { readonly version: string; readonly major: number };

/** Answers an unsupported `server_version_num` (150004 for 15.4) with the error to show, else `null`. */
export function unsupportedVersion(versionNumber: number, version: string): PostgresError | null {
  const major = Math.floor(versionNumber / 10_000);
  if (major >= OLDEST_MAJOR && major <= NEWEST_MAJOR) return null;
  return new PostgresError(
    "version-unsupported",
    `The server at DATABASE_URL is PostgreSQL ${version}; Paceline supports ${OLDEST_MAJOR} to ${NEWEST_MAJOR}.`,
    "Point DATABASE_URL to a supported server, or leave it unset to use the embedded one.",
  );
}

/** The address without user and password, for messages. */
function shown(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "DATABASE_URL" : `${parsed.host}${parsed.pathname}`;
}

/**
 * Connects to an external server and checks that its version is supported.
 *
 * @throws PostgresError `unreachable`, `access-refused` or `version-unsupported`
 */
export async function checkPostgresVersion(url: string): Promise<PostgresVersion> {
  const row = await readVersion(url);
  const major = Math.floor(row.number / 10_000);
  const refusal = unsupportedVersion(row.number, row.version);
  if (refusal) throw refusal;
  return { version: row.version, major };
}

async function readVersion(url: string): Promise<{ version: string; number: number }> {
  try {
    return await withConnection(url, async (client) => {
      const result = await client.query<{ version: string; number: number }>(
        "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
      );
      const row = result.rows[0];
      if (row === undefined) throw new Error("the server answered without a row");
      return row;
    });
  } catch (cause) {
    const refused = ["28P01", "28000", "3D000", "42501"].includes(errorCode(cause));
    const reason =
      cause instanceof Error && cause.message !== "" ? cause.message : errorCode(cause);
    throw refused
      ? new PostgresError(
          "access-refused",
          `PostgreSQL at ${shown(url)} refused the connection (${reason}).`,
          "Check user, password and database name in DATABASE_URL.",
          cause,
        )
      : new PostgresError(
          "unreachable",
          `PostgreSQL at ${shown(url)} cannot be reached (${reason}).`,
          "Check host and port in DATABASE_URL and that the server runs, or leave it unset to use the embedded one.",
          cause,
        );
  }
}
