/**
 * Why PostgreSQL could not be started or used.
 *
 * - `binaries-missing`: no server binaries for this platform, or they do not run here
 * - `no-server-user`: running as root and the system has no other user to run the server under
 * - `data-directory-unusable`: the folder cannot be entered or written, or belongs to somebody else
 * - `data-directory-in-use`: another live server holds the folder and cannot be adopted
 * - `data-directory-version`: the folder was made by another major version
 * - `disk-full`: the file system of the folder has no room
 * - `port-taken`: something else listens on the wanted port or socket
 * - `start-failed`: the server ended or did not answer in time; the log tail is in the message
 * - `unreachable`, `access-refused`, `version-unsupported`: about a server given by URL
 */
export type PostgresErrorKind =
  | "binaries-missing"
  | "no-server-user"
  | "data-directory-unusable"
  | "data-directory-in-use"
  | "data-directory-version"
  | "disk-full"
  | "port-taken"
  | "start-failed"
  | "unreachable"
  | "access-refused"
  | "version-unsupported";

/** A failure of the database server itself. The message ends with `wayOut`: what a person can do about it. */
export class PostgresError extends Error {
  readonly kind: PostgresErrorKind;
  readonly wayOut: string;

  constructor(kind: PostgresErrorKind, what: string, wayOut: string, cause?: unknown) {
    super(`${what} ${wayOut}`, cause === undefined ? undefined : { cause });
    this.name = "PostgresError";
    this.kind = kind;
    this.wayOut = wayOut;
  }
}

/** The code of a system or PostgreSQL error (`ENOENT`, `57P03`), or `""`. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** The error for a full file system that holds `folder`. */
export function diskFull(folder: string, cause?: unknown): PostgresError {
  return new PostgresError(
    "disk-full",
    `The file system that holds ${folder} is full, so the embedded PostgreSQL cannot run.`,
    "Free some space there (a new database needs about 100 MB), or set PACELINE_DATA_DIR to a folder on a larger disk.",
    cause,
  );
}
