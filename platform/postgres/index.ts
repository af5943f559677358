export { postgresBinaries } from "./binaries.ts";
export type { PostgresBinaries } from "./binaries.ts";
export { checkPostgresVersion } from "./check-version.ts";
export type { PostgresVersion } from "./check-version.ts";
export { PostgresError } from "./errors.ts";
export type { PostgresErrorKind } from "./errors.ts";
export { startPostgres, stopPostgres } from "./start.ts";
export type { EmbeddedPostgres, PostgresLogger, PostgresOptions } from "./start.ts";
