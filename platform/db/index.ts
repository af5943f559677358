export { closeDatabase, openDatabase, poolUse } from "./connection.ts";
export type { PoolUse } from "./connection.ts";
export type { Database } from "./database.generated.ts";
export { mergeMigrations, migrateToLatest } from "./migrations.ts";
export type { FeatureMigrations } from "./migrations.ts";
export { listen, notify } from "./notifications.ts";
export type { Notifications } from "./notifications.ts";
export { inTransaction } from "./transaction.ts";
export type { Db } from "./transaction.ts";
